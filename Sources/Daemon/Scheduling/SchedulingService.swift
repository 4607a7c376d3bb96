import Foundation
import Judged
import Ledger
import Nouns
import ServiceLifecycle
import Settings
import StageKit
import Synchronization

/// Takes drops in state `stored`; gives runs in state `queued`. Never starts a worker.
package struct SchedulingService: Service {
    let context: StageContext
    /// What each pipeline waits for, for `ftctl status`.
    package let activity = ActivityBoard()
    let loop: StageLoop
    private let objections: @Sendable (PipelineSettings) -> [Failure]
    /// Whether new rows are asked of what is served before a run learns them.
    let asksFirst: Bool
    static let asking = "its new rows are asked of what is served first"

    /// - Parameters:
    ///   - asksFirst: whether somebody asks what is served about new rows (``UnansweredDrops``), which is waited for.
    ///   - objections: what is wrong with the settings of a pipeline so that no run could pass or work.
    package init(
        _ context: StageContext, asksFirst: Bool = false,
        objections: @escaping @Sendable (PipelineSettings) -> [Failure] = { _ in [] }
    ) {
        self.context = context
        self.asksFirst = asksFirst
        self.objections = objections
        loop = StageLoop("scheduling", context, bell: context.bells.scheduling, every: .seconds(60))
    }

    package func run() async throws {
        await loop.run {
            guard let next = try pass() else { return .later }
            return .within(.seconds(max(0.05, next.timeIntervalSinceNow + 0.01)))
        }
    }

    /// Decides for every pipeline; returns when to look again at the latest.
    func pass() throws(CancellationError) -> Date? {
        var next: Date?
        let pipelines = context.settings.pipelines.filter(\.enabled)
        let objections = pipelines.flatMap(tellObjections)
        // Those to a file that is gone are gone with it.
        context.problems.clear(prefix: "check:", except: Set(objections))
        tellOrphans()
        for pipeline in pipelines {
            if Task.isCancelled { throw CancellationError() }
            let owner = "pipeline:\(pipeline.name)"
            do {
                try beginJobs(of: pipeline)
                if let until = try decide(pipeline) { next = min(next ?? until, until) }
                context.problems.set(owner, nil)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                var failure = StageContext.failure(error, code: "scheduling")
                if failure.code == "base.unknown" { failure.place = "\(pipeline.file), base" }
                activity.set(pipeline.name, failure.message)
                loop.report(
                    failure, owner, about: ["pipeline": "\(pipeline.name)"],
                    event: failure.code.hasPrefix("dataset.") ? "pipeline.waiting" : "settings.invalid")
            }
        }
        return next
    }

    /// Names what could not pass or work before a night is spent on it; returns by which names of the board.
    private func tellObjections(to pipeline: PipelineSettings) -> [String] {
        objections(pipeline).enumerated().map { index, failure in
            let owner = "check:\(pipeline.name):\(index)"
            loop.report(failure, owner, about: ["pipeline": "\(pipeline.name)"], event: "settings.invalid")
            return owner
        }
    }

    /// Names pipelines that have data or a served model, and no settings file any more.
    private func tellOrphans() {
        do {
            let orphans = try OrphanedPipelines(context).problems()
            for (name, failure) in orphans {
                loop.report(failure, "orphan:\(name)", about: ["pipeline": "\(name)"], event: "pipeline.stopped")
            }
            context.problems.clear(prefix: "orphan:", except: Set(orphans.map { "orphan:\($0.name)" }))
        } catch {
            loop.report(error, "scheduling:orphans")
        }
    }

    /// Queues a run of the pipeline if its triggers ask for one; returns when to look again at the latest.
    private func decide(_ configured: PipelineSettings) throws -> Date? {
        let pipeline = try context.effective(configured).settings
        if pipeline.base == .automatic {
            try waitForBases(pipeline)
            return nil
        }
        _ = try context.requireBase(pipeline.base)
        try requireEngine(pipeline.engine, at: configured.file)
        // Which rows resemble those that judge is not known before every drop is in the index.
        guard try context.ledger.unindexedDrops(pipeline.name).isEmpty else {
            activity.set(pipeline.name, "its rows are compared with each other")
            return nil
        }
        guard try !waitsForAnswers(pipeline) else {
            activity.set(pipeline.name, Self.asking)
            return nil
        }
        let chain = try chain(pipeline)
        guard !waitsForStart(pipeline, chain) else {
            activity.set(pipeline.name, Self.making)
            return nil
        }
        let (situation, window) = try situation(pipeline, chain)
        if try judgeAgain(pipeline, chain, situation) { return nil }
        switch SchedulingRules.decide(situation, pipeline) {
        case .wait(let sentence, let until), .soon(let sentence, let until):
            if activity.set(pipeline.name, sentence) {
                context.logger.info(
                    "\(pipeline.name): \(sentence)",
                    metadata: ["pipeline": "\(pipeline.name)", "event": "pipeline.waiting"])
            }
            return until
        case .stuck(let failure): throw failure
        case .queue(let mode, let reason):
            // Runs without new data get a lower priority.
            let priority = situation.newRows > 0 ? 50 : 40
            _ = try queue(
                pipeline, mode: mode, window: window, from: chain, by: "daemon", reason: reason, priority: priority)
            return nil
        }
    }

    /// What the rules say of a pipeline now, with every drop that is stored; nothing is queued. Throws a Failure where
    /// the pipeline cannot go on by itself.
    package func outlook(_ name: PipelineName) throws -> SchedulingRules.Decision {
        let configured = try context.requirePipeline(name)
        guard configured.enabled else { return .wait("the pipeline is not enabled", until: nil) }
        let pipeline = try context.effective(configured).settings
        if pipeline.base == .automatic {
            let experiment = try context.ledger.experiments(pipeline: name, limit: 1).first
            if let experiment, experiment.state == .running {
                return .soon("the bases compete: \(experiment.id)", until: nil)
            }
            return .wait(activity[name] ?? "its bases have not competed yet", until: nil)
        }
        _ = try context.requireBase(pipeline.base)
        guard try context.ledger.unindexedDrops(name).isEmpty else {
            return .soon("its rows are compared with each other", until: nil)
        }
        guard try !waitsForAnswers(pipeline) else { return .soon(Self.asking, until: nil) }
        let chain = try chain(pipeline)
        guard !waitsForStart(pipeline, chain) else { return .soon(Self.making, until: nil) }
        let decision = SchedulingRules.decide(try situation(pipeline, chain).0, pipeline)
        if case .stuck(let failure) = decision { throw failure }
        return decision
    }

    /// Refuses an engine that no file describes.
    func requireEngine(_ name: EngineName?, at place: String) throws {
        let settings = context.settings.now
        if let name, settings.engine(name) == nil { throw settings.unknownEngine(name, at: place) }
    }

    /// Says what a pipeline without a base of its own waits for: its bases compete in an experiment.
    private func waitForBases(_ pipeline: PipelineSettings) throws {
        let counts = try context.ledger.rowCounts(pipeline.name)
        let rows = counts[.train] ?? 0
        if let experiment = try context.ledger.experiments(pipeline: pipeline.name, limit: 1).first {
            activity.set(
                pipeline.name,
                experiment.state == .running
                    ? "the bases compete: \(experiment.id)"
                    : "no base was found by \(experiment.id); waiting for more data, or for `ftctl experiment start`")
        } else if rows < pipeline.trigger.minimumRows || counts[.gate] ?? 0 == 0 || counts[.validation] ?? 0 == 0 {
            activity.set(
                pipeline.name,
                """
                waiting for data that bases can compete on (\(rows) of \(pipeline.trigger.minimumRows) training \
                rows, \(counts[.validation] ?? 0) validation, \(counts[.gate] ?? 0) gate)
                """
            )
        } else {
            activity.set(pipeline.name, "the bases are being compared")
            context.bells.experiments.ring()
        }
    }

    /// The data of a pipeline as it is now, frozen for trials and further tries, which start from what is served. With
    /// a `share` other than nil, so many earlier rows are mixed in.
    package func freeze(_ name: PipelineName, mode: Run.Mode, replayShare share: Double?) throws -> Snapshot {
        var pipeline = try context.requirePipeline(name)
        if let share { pipeline.incremental.replayShare = share }
        return try SnapshotBuilder(context: context, pipeline: pipeline).build(
            mode: mode, window: window(pipeline, learntBy: context.served(name)))
    }

    /// The rows by which a model is judged that learnt from none of the pipeline's. Where there are none, the gates
    /// cannot pass.
    package func freezeForGates(_ name: PipelineName) throws -> Snapshot {
        let pipeline = try context.requirePipeline(name)
        let none = DropWindow([], learned: [], window: .all, now: Date())
        return try SnapshotBuilder(context: context, pipeline: pipeline).build(mode: .fromBase, window: none)
    }

    /// Queues a run because a person asks, whatever the triggers say.
    ///
    /// - Parameter engine: the engine that trains it (nil: the pipeline's own).
    package func request(
        _ name: PipelineName, mode: Run.Mode?, engine: EngineName? = nil, by who: String, reason: String
    ) throws -> Run {
        let configured = try context.requirePipeline(name)
        var pipeline = try context.effective(configured).settings
        try requireEngine(engine ?? pipeline.engine, at: engine?.rawValue ?? configured.file)
        pipeline.engine = engine ?? pipeline.engine
        guard pipeline.base != .automatic else {
            throw Failure(
                code: "pipeline.no_base", "The bases of '\(name)' have not competed yet.", at: configured.file,
                remedy: "Drop data and wait for that experiment, or name a base.")
        }
        guard try context.ledger.unindexedDrops(name).isEmpty else {
            throw Failure(
                code: "pipeline.indexing", "The rows of '\(name)' are being compared with each other.",
                at: name.rawValue, remedy: "Ask again in a moment.")
        }
        let chain = try chain(pipeline)
        guard !waitsForStart(pipeline, chain) else {
            throw Failure(
                code: "pipeline.busy", "For '\(name)' \(Self.making).", at: name.rawValue,
                remedy: "Ask again in a moment.")
        }
        let (situation, window) = try situation(pipeline, chain)
        guard situation.allRows > 0, situation.gateRows > 0 else {
            throw Failure(
                code: "pipeline.no_rows",
                "The pipeline '\(name)' has \(situation.allRows) training and \(situation.gateRows) gate rows.",
                at: name.rawValue,
                remedy: "Drop a file into \(context.dropFolder(pipeline)) first.")
        }
        // Without rows that are new to what is served there is nothing to continue with: the whole window is learnt
        // again.
        let wanted =
            DropWindow.rows(window.unlearned) == 0 ? .fromBase : SchedulingRules.mode(situation, pipeline, asked: mode)
        let queued = try queue(
            pipeline, mode: wanted, window: window, from: chain, by: who, reason: reason, priority: 100)
        guard let run = queued else {
            throw Failure(
                code: "pipeline.busy", "The new rows were taken by another run just now.", at: name.rawValue,
                remedy: "See `ftctl runs`.")
        }
        return run
    }

    private func queue(
        _ pipeline: PipelineSettings, mode: Run.Mode, window: DropWindow, from chain: UnprovenChain?, by who: String,
        reason: String, priority: Int
    ) throws -> Run? {
        let card = try context.requireBase(pipeline.base)
        let settings = try FrozenSettings.freeze(pipeline, context)
        let snapshot = try SnapshotBuilder(context: context, pipeline: pipeline).build(mode: mode, window: window)
        let parent = mode == .fromBase ? nil : try start(pipeline, chain)?.id
        var (recipe, notes) = SchedulingRules.recipe(pipeline, mode: mode, rows: snapshot.rows[.train] ?? 0)
        recipe = try context.prepared(recipe, card)
        if let configured = context.settings.pipeline(pipeline.name) {
            notes.merge(try context.effective(configured).notes) { first, _ in first }
        }
        if let change = try PairsChange(pipeline, recipe, snapshot, context) {
            notes["objective"] = change.note
            context.logger.warning(
                "\(change.message)", metadata: ["pipeline": "\(pipeline.name)", "event": "pipeline.changed"])
        }
        var reason = reason
        if let chain, parent == chain.version {
            let note = chain.inWords(most: pipeline.incremental.unproven)
            notes["start"] = note
            reason += "; \(note)"
        }
        let run = try context.ledger.queue(taking: window.untried.map(\.id)) { id in
            var run = Run(
                id: id, pipeline: pipeline.name, mode: mode, base: card.id, snapshot: snapshot.id,
                drops: window.unlearned.map(\.id), parent: parent,
                recipe: recipe, priority: priority, createdAt: Date(), requestedBy: who)
            (run.settings, run.engine) = (settings, pipeline.engine)
            run.enough = EnoughRules.rule(pipeline, labels: snapshot.labels)
            if !notes.isEmpty { run.notes = notes }
            return run
        }
        guard let run else { return nil }
        activity.set(pipeline.name, "run \(run.id) is queued")
        context.begin(run, .queued("\(mode.rawValue), \(snapshot.rows[.train] ?? 0) training rows (\(reason))"))
        if snapshot.rows[.validation] ?? 0 == 0, pipeline.data.validationShare > 0 {
            context.logger.warning(
                """
                Run \(run.id) has no validation rows: none of the prompts fell on that side yet, so training \
                cannot stop early
                """,
                metadata: ["pipeline": "\(pipeline.name)", "run": "\(run.id)", "event": "pipeline.waiting"])
        }
        return run
    }

    /// A time of the ledger; one that is still to come was noted by a clock that has been set back since, so that
    /// nobody waits for it.
    static func passed(_ time: Date, _ now: Date) -> Date { time > now.addingTimeInterval(1) ? .distantPast : time }

    /// The drops that a run may learn from, and those that `start` has not learnt (nil: the base).
    func window(_ pipeline: PipelineSettings, learntBy start: ModelVersion?) throws -> DropWindow {
        DropWindow(
            try context.ledger.storedDrops(pipeline.name),
            learned: try start.map { try context.ledger.learnedDrops($0.id) } ?? [],
            window: pipeline.incremental.window, now: Date())
    }

    func situation(_ pipeline: PipelineSettings, _ chain: UnprovenChain?) throws
        -> (SchedulingRules.Situation, DropWindow)
    {
        let now = Date()
        let served = try context.served(pipeline.name)
        let lineage = try served.map { try context.ledger.lineage($0.id) } ?? []
        let start = try start(pipeline, chain)
        let window = try window(pipeline, learntBy: start)
        let runs = try context.ledger.runs(pipeline: pipeline.name, limit: 200).filter { $0.purpose != .trial }
        // An accepted run that waits for `ftctl promote` does not hold the queue up.
        let busy = runs.contains { $0.state.isUnderWay }
        // What jobs try, and what is judged again, says nothing of the pipeline's own course.
        let own = runs.filter { $0.job == nil && $0.judgesAgain == nil }
        let continuations = lineage.prefix { $0.run.mode != .fromBase }
        // What was never served was compared with what was, as what went on from it is.
        let wereServed = Set(try context.ledger.history(pipeline.name, limit: Int.max).compactMap(\.version))
        var judged = continuations.filter { wereServed.contains($0.version.id) }.map(\.run)
        if let newest = own.first, newest.mode != .fromBase, !judged.contains(where: { $0.id == newest.id }) {
            judged.append(newest)
        }
        var situation = SchedulingRules.Situation(
            newRows: DropWindow.rows(window.untried), leftRows: DropWindow.rows(window.unlearned.filter(\.isTried)),
            allRows: DropWindow.rows(window.all), gateRows: try gateRows(pipeline),
            newestDrop: window.untried.map { Self.passed($0.storedAt, now) }.max(),
            oldestDrop: window.untried.map { Self.passed($0.storedAt, now) }.min(),
            lastRun: own.first.map { Self.passed($0.createdAt, now) }, isBusy: busy,
            hasServed: served != nil,
            servedBase: served?.base, continuations: continuations.count,
            runsSinceFromBase: own.prefix { $0.mode != .fromBase }.count,
            forgotten: judged.reduce(0) { $0 + SchedulingRules.forgotten($1.verdict) }, now: now)
        situation.hasUnproven = start != nil && start?.id != served?.id
        situation.hasClasses = try context.ledger.hasClasses(pipeline.name)
        if let served {
            situation.known = KnownRows.of(
                window.untried, try context.ledger.answers(to: window.untried.map(\.id)), by: served.id,
                pipeline.trigger)
        }
        return (situation, window)
    }

    /// Rows that would judge a run.
    private func gateRows(_ pipeline: PipelineSettings) throws -> Int {
        guard pipeline.gates.window != .all else { return try context.ledger.rowCounts(pipeline.name)[.gate] ?? 0 }
        let files = try SnapshotBuilder(context: context, pipeline: pipeline).judging()
        return files.gate.reduce(0) { $0 + ($1.file.rows ?? 0) }
    }
}

/// One sentence a pipeline: what it is doing or waiting for.
package final class ActivityBoard: Sendable {
    private let sentences = Mutex<[PipelineName: String]>([:])
    package init() {}
    /// Sets what a pipeline does; returns whether it did something else before.
    @discardableResult
    package func set(_ pipeline: PipelineName, _ sentence: String) -> Bool {
        sentences.withLock { sentences in
            defer { sentences[pipeline] = sentence }
            return sentences[pipeline] != sentence
        }
    }
    package subscript(_ pipeline: PipelineName) -> String? { sentences.withLock { $0[pipeline] } }
}
