import ControlProtocol
import Foundation
import Judged
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// Finds the files that nothing needs, and removes them. Records stay.
struct Retention: Sendable {
    let context: StageContext
    /// Versions that are answering somebody, or being exported.
    private let answering: @Sendable () -> Set<VersionID>

    /// - Parameter answering: the versions that are answering somebody now; they stay.
    init(_ context: StageContext, answering: @escaping @Sendable () -> Set<VersionID> = { [] }) {
        self.context = context
        self.answering = answering
    }

    /// Seconds for which the checkpoint of a failed run stays, since the run may be queued again.
    private static let patience = 86_400.0
    /// Seconds for which the ledger remembers what receivers were told.
    private static let memory = 90 * 86_400.0

    /// Looks through every pipeline, also those whose settings file is gone. One that cannot be looked at is left alone
    /// and named in the error.
    ///
    /// - Parameter isPressed: whether only what is protected stays: room is short, or a person asks.
    func run(isPressed: Bool, remove: Bool) throws -> GarbagePlan {
        var plan = GarbagePlan(items: [], kept: [], removed: remove)
        for pipeline in try context.ledger.pipelines() {
            try Task.checkCancellation()
            let garbage = try ServingTurns.taken {
                let garbage = try look(pipeline, isPressed: isPressed)
                if remove { try carryOut(garbage) }
                return garbage
            }
            plan.kept += garbage.kept
            plan.items += garbage.items
        }
        plan.items += try notes(remove: remove)
        plan.bytes = plan.items.reduce(0) { $0 + $1.bytes }
        if remove, !plan.items.isEmpty {
            context.logger.notice(
                "Removed \(plan.items.count) files and folders that nothing needed (\(plan.bytes >> 20) MiB)",
                metadata: ["event": "disk.recovered"])
        }
        return plan
    }

    /// Removes the checkpoints of runs whose adapter is in the ledger by now; returns how far it has looked.
    func removeCheckpoints(after mark: Int64) throws -> Int64 {
        let (runs, newest) = try context.ledger.proven(after: mark)
        for run in runs {
            try Task.checkCancellation()
            try Self.remove(context.layout.checkpoint(run))
        }
        return newest
    }

    /// What of one pipeline may go.
    struct Garbage {
        var items: [GarbagePlan.Item] = []
        var kept: [GarbagePlan.Kept] = []
        /// What is gone as a whole once the items are.
        var cleared: [(kind: Ledger.Keeper, id: String)] = []

        mutating func add(_ path: String, _ reason: String) {
            guard let bytes = DiskSize.of(path) else { return }
            items.append(.init(path: path, bytes: bytes, reason: reason))
        }
    }

    private func look(_ pipeline: PipelineName, isPressed: Bool) throws -> Garbage {
        let settings = context.settings.daemon.retention.overridden(
            by: context.settings.pipeline(pipeline)?.retention)
        let runs = try context.ledger.keptRuns(pipeline)
        var candidates = try candidates(pipeline, runs, sized: settings.maximumBytes > 0 && !isPressed)
        let loose = isPressed ? Set(runs.map(\.id)) : RetentionRules.loosened(&candidates, settings, now: Date())
        let kept = RetentionRules.kept(candidates, isPressed ? nil : settings, now: Date())
        var garbage = Garbage()
        // Whoever is being evaluated may use figures of any earlier run.
        let isJudging = runs.contains { [.evaluating, .evaluated].contains($0.state) }
        for (run, candidate) in zip(runs, candidates) {
            if let reason = kept[run.id] {
                if let version = candidate.version { garbage.kept.append(.init(version: version, reason: reason)) }
                lighten(run, &garbage)
                if isPressed, let version = candidate.version { try lookAtExports(version, &garbage) }
                if loose.contains(run.id), !run.state.isUnderWay {
                    garbage.add(context.layout.epochs(run.id), "checkpoints of run \(run.id)'s epochs go first")
                }
            } else if !isJudging {
                clear(run, candidate, &garbage)
            }
        }
        try lookAtExperiments(pipeline, settings, isPressed, &garbage)
        try lookAtOriginals(pipeline, settings, &garbage)
        return garbage
    }

    func candidates(_ pipeline: PipelineName, _ runs: [Run], sized: Bool) throws -> [RetentionRules.Candidate] {
        let names = try VersionCatalogue(context).aliases(pipeline)
        let versions = Dictionary(
            try context.ledger.keptVersions(pipeline).map { ($0.run, $0.id) }, uniquingKeysWith: { first, _ in first })
        let owners = Dictionary(versions.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let scores = RetentionRules.scores(
            runs.map { $0.verdict?.figures[.candidate]?[.gate] ?? [:] },
            primary: context.settings.pipeline(pipeline)?.gates.primary)
        let uses = try uses(pipeline, runs, owners)
        return zip(runs, scores).map { run, score in
            let version = versions[run.id]
            let folders =
                [context.layout.run(run.id)]
                + (version.map { [context.layout.version(pipeline, $0), context.layout.export($0)] } ?? [])
            var candidate = RetentionRules.Candidate(
                run: run.id, version: version, createdAt: run.createdAt,
                aliases: names.filter { $0.value == version }.map(\.key).sorted(), score: score, use: uses[run.id],
                start: version == nil && run.adapter != nil ? run.parent.flatMap { owners[$0] } : nil,
                bytes: sized ? folders.reduce(0) { $0 + (DiskSize.of($1) ?? 0) } : 0,
                epochBytes: sized && !run.state.isUnderWay ? DiskSize.of(context.layout.epochs(run.id)) ?? 0 : 0)
            candidate.isUnproven = run.state == .inconclusive
            return candidate
        }
    }

    /// What runs at work, experiments and people wait for.
    private func uses(_ pipeline: PipelineName, _ runs: [Run], _ owners: [VersionID: RunID]) throws -> [RunID: String] {
        var uses: [RunID: String] = [:]
        for run in runs where run.state.hasWorkLeft {
            uses[run.id] = "is \(run.state.rawValue)"
            if let parent = run.parent.flatMap({ owners[$0] }) { uses[parent] = "is used by run \(run.id)" }
            if let judged = run.judgesAgain { uses[judged] = "is judged again by run \(run.id)" }
        }
        for experiment in try context.ledger.experiments(pipeline: pipeline, state: .running, limit: 1) {
            if let parent = experiment.parent.flatMap({ owners[$0] }) { uses[parent] = "is used by \(experiment.id)" }
        }
        for version in answering() {
            if let run = owners[version], uses[run] == nil { uses[run] = "is answering somebody, or being exported" }
        }
        let before = ServedBefore(try context.ledger.history(pipeline, limit: Int.max).reversed()).below.last
        if let run = before?.flatMap({ owners[$0] }), uses[run] == nil { uses[run] = "is what a rollback serves" }
        if let run = try context.ledger.anchor(pipeline).flatMap({ owners[$0.version] }), uses[run] == nil {
            uses[run] = "is the anchor that what is served may not fall below"
        }
        for anchor in try context.ledger.gateAnchors(pipeline) {
            guard let run = owners[anchor.version], uses[run] == nil else { continue }
            uses[run] = "is the anchor of \(anchor.gate) that what is served may not fall below"
        }
        if let chain = try UnprovenChain.of(pipeline, context), uses[chain.head.id] == nil {
            uses[chain.head.id] = "is what the next run goes on from"
        }
        if let waiting = runs.first(where: { $0.state == .accepted }), uses[waiting.id] == nil {
            uses[waiting.id] = "waits for `ftctl promote`"
        }
        if let open = runs.first(where: { $0.state == .inconclusive }), uses[open.id] == nil {
            uses[open.id] = "is the newest that more data may decide on"
        }
        return uses
    }

    /// What a run that stays needs no more.
    private func lighten(_ run: Run, _ garbage: inout Garbage) {
        // The adapter and the scores stay: the run may yet be promoted by hand, and reports read them.
        let mayGoOn =
            [.queued, .training].contains(run.state)
            || run.state == .failed && Date().timeIntervalSince(run.finishedAt ?? Date()) < Self.patience
        if !mayGoOn {
            garbage.add(
                context.layout.checkpoint(run.id), "run \(run.id) is \(run.state.rawValue) and needs no checkpoint")
        }
        // Delivered files were moved out of here. Those of an accepted run may still be delivered. For any other run, a
        // promotion by force writes the files anew.
        if run.state.hasWorkLeft || run.state == .accepted { return }
        garbage.add(
            context.layout.artefacts(run.id),
            "run \(run.id) is \(run.state.rawValue), and its exported files serve nobody")
    }

    /// A run that does not stay, and its version.
    func clear(_ run: Run, _ candidate: RetentionRules.Candidate, _ garbage: inout Garbage) {
        let reason = "run \(run.id) is \(run.state.rawValue), and no rule of [retention] keeps its files"
        if let version = candidate.version {
            garbage.add(context.layout.version(run.pipeline, version), reason)
            garbage.add(context.layout.export(version), reason)
            garbage.cleared.append((.version, version.rawValue))
        }
        garbage.add(context.layout.run(run.id), reason)
        garbage.cleared.append((.run, run.id.rawValue))
    }

    /// Exports that were made because somebody asked, of a version that stays.
    private func lookAtExports(_ version: VersionID, _ garbage: inout Garbage) throws {
        guard !answering().contains(version) else { return }
        for export in try context.ledger.exports(version) where export.who != nil && export.state == .done {
            garbage.add(export.path, "it was exported for somebody, and can be exported again")
        }
    }

    private func lookAtExperiments(
        _ pipeline: PipelineName, _ settings: RetentionSettings, _ isPressed: Bool, _ garbage: inout Garbage
    ) throws {
        let bound = Date().addingTimeInterval(-Double(settings.keepDays) * 86_400)
        for experiment in try context.ledger.keptExperiments(pipeline)
        where isPressed || experiment.finishedAt ?? experiment.createdAt < bound {
            garbage.add(context.layout.experiment(experiment.id), "experiment \(experiment.id) is over")
            garbage.cleared.append((.experiment, experiment.id.rawValue))
        }
    }

    private func lookAtOriginals(
        _ pipeline: PipelineName, _ settings: RetentionSettings, _ garbage: inout Garbage
    ) throws {
        guard settings.originalsDays > 0 else { return }
        let bound = Date().addingTimeInterval(-Double(settings.originalsDays) * 86_400)
        for drop in try context.ledger.keptDrops(pipeline, before: bound) {
            let folder = context.layout.intake(pipeline, drop: drop.id)
            let reason = "\(drop.id) came more than \(settings.originalsDays) days ago (retention.originals_days)"
            for name in ["original", "source", "source.seen", "parquet"] { garbage.add(folder + "/" + name, reason) }
            for place in quarantined(drop) { garbage.add(place, reason) }
            garbage.cleared.append((.drop, drop.id.rawValue))
        }
    }

    /// The folders that a drop has in quarantine.
    private func quarantined(_ drop: Drop) -> [String] {
        let folder = context.layout.quarantine(drop.pipeline)
        guard drop.state == .quarantined || drop.state == .revoked else { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(context.layout.quarantineEnding(drop.id)) }.map { folder + "/" + $0 }
    }

    /// What hooks said, and what receivers were told, long ago.
    private func notes(remove: Bool) throws -> [GarbagePlan.Item] {
        var garbage = Garbage()
        let bound = Date().addingTimeInterval(-Self.memory)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: context.layout.hooks)) ?? [] {
            let path = context.layout.hooks + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0, Double(status.st_mtim.tv_sec) < bound.timeIntervalSince1970 else {
                continue
            }
            garbage.add(path, "what hooks said is kept for 90 days")
        }
        guard remove else { return garbage.items }
        try context.ledger.forgetOldNotifications(before: bound)
        try carryOut(garbage)
        return garbage.items
    }

    func carryOut(_ garbage: Garbage) throws {
        for item in garbage.items {
            try Task.checkCancellation()
            try Self.remove(item.path)
        }
        for (kind, id) in garbage.cleared { try context.ledger.clear(kind, id) }
    }

    private static func remove(_ path: String) throws {
        guard DiskSize.of(path) != nil else { return }
        try FileManager.default.removeItem(atPath: path)
    }
}
