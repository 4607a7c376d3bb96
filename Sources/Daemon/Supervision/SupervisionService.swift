import Foundation
import Judged
import Launching
import Ledger
import Nouns
import Platform
import Reports
import ServiceLifecycle
import Settings
import StageKit
import WorkerProtocol

/// Takes runs in state `queued` and `trained`; gives them in state `evaluated` (or `failed`, `cancelled`).
///
/// Starts workers and nothing else does; one run a compute slot. Never judges.
package struct SupervisionService: Service {
    let context: StageContext
    let launcher: any WorkerLauncher
    /// The engines that pipelines can name (nil: there are none).
    let roster: EngineRoster?
    let loop: StageLoop
    let active = ActiveRuns()
    let retries: Retries
    let machine: MachineWatch

    /// - Parameter machine: how the machine is, and what it lets the daemon do.
    package init(
        _ context: StageContext, launcher: any WorkerLauncher, roster: EngineRoster? = nil,
        machine: MachineWatch = MachineWatch()
    ) {
        self.init(context, launcher: launcher, roster: roster, machine: machine, retries: Retries())
    }

    init(
        _ context: StageContext, launcher: any WorkerLauncher, roster: EngineRoster? = nil,
        machine: MachineWatch = MachineWatch(), retries: Retries
    ) {
        self.roster = roster
        self.machine = machine
        self.context = context
        self.launcher = launcher
        self.retries = retries
        loop = StageLoop("supervision", context, bell: context.bells.supervision, every: .seconds(30))
    }

    package func run() async throws {
        context.pulses.add(active.pulse)
        defer { context.pulses.remove(active.pulse) }
        await abandonForeign()
        await loop.run {
            try startNext()
            let soonest = [retries.next, nextLook].compactMap(\.self).min()
            return soonest.map(StageLoop.Next.within) ?? .later
        }
        // Work that outlives the daemon stays; other workers write a checkpoint and leave. Either goes on after the
        // next start.
        await active.leaveAll()
    }

    /// Cancels a run, wherever it is: its worker leaves at once, without a checkpoint. Throws a Failure where it is
    /// over already.
    package func cancel(_ id: RunID, by who: String) throws -> Run {
        let work = try context.ledger.run(id)?.work
        let run = try context.apply(id, .cancelled(by: who))
        if active.contains(id) {
            active.cancel(id)
        } else if let work {
            // Work of a former daemon that could not be asked for yet.
            Task { await launcher.cancel(work) }
        }
        Task { await launcher.abandon(context.layout.run(id)) }
        return run
    }

    /// Pauses a run, wherever it is: its worker writes a checkpoint and leaves, and nothing is done for it until it is
    /// resumed. Throws a Failure (`run.transition`) where it is over or paused already.
    package func pause(_ id: RunID, by who: String) throws -> Run {
        let work = try context.ledger.run(id)?.work
        let run = try context.apply(id, .paused(by: who))
        if active.contains(id) {
            active.pause(id)
        } else if let work {
            // Work of a former daemon that could not be asked for yet.
            Task { await launcher.stop(work) }
        }
        return run
    }

    /// Has a paused run go on from its checkpoint. Throws a Failure (`run.transition`) where it is not paused.
    package func resume(_ id: RunID, by who: String) throws -> Run {
        retries.forget(id)
        return try context.apply(id, .resumed(by: who))
    }

    /// Takes up the runs that nobody here works on although they are at work: those of a former daemon.
    private func takeUp() throws {
        let mine = active.all
        for run in try context.ledger.runs(in: [.training, .evaluating]) where !mine.contains(run.id) {
            active.add(run.id, on: try place(of: run)) {
                let isKnown = await takeUp(run)
                active.remove(run.id)
                if isKnown { context.bells.supervision.ring() }
            }
        }
    }

    /// Follows the work on a run where it has outlived the former daemon; queues the run again where it is gone.
    ///
    /// Returns false where the launcher cannot tell: it is asked again later, and nothing is begun anew meanwhile.
    private func takeUp(_ run: Run) async -> Bool {
        let owner = "supervision:run:\(run.id)"
        do {
            if let handle = run.work, let events = try await launcher.attach(handle) {
                context.problems.set(owner, nil)
                active.found(run.id, handle, events)
                await work(run.id, on: try place(of: run))
            } else {
                context.problems.set(owner, nil)
                try context.apply(run.id, .daemonLost)
            }
            return true
        } catch {
            loop.report(error, owner, about: ["pipeline": "\(run.pipeline)", "run": "\(run.id)"])
            return false
        }
    }

    /// Starts what waits, as far as there are compute slots and disk. An engine has slots of its own.
    func startNext() throws {
        try takeUp()
        let reason = giveWay()
        let settings = context.settings.now
        var slots = active.places
        func isFree(_ place: EngineName?) -> Bool {
            slots[place, default: 0] < settings.slots(of: place)
        }
        guard ([nil] + settings.engines.map(\.name)).contains(where: isFree) else { return }
        if let free = System.freeBytes(context.layout.state), free < context.settings.daemon.minimumFreeBytes {
            let failure = Failure(
                code: "disk.low",
                """
                Only \(Quantity.bytes(free)) of the disk are free, so no run is started (minimum_free asks for \
                \(Quantity.bytes(context.settings.daemon.minimumFreeBytes))).
                """,
                at: context.layout.state, remedy: "Free space on that disk; `ftctl gc` says what can go.")
            return loop.report(failure, "disk", event: "disk.low")
        }
        if context.problems.set("disk", nil) {
            context.logger.notice(
                "Enough of the disk is free again, so runs are started", metadata: ["event": "disk.recovered"])
        }
        warnOfFillingDisk()
        // What is trained is evaluated before something new is begun.
        let waiting = try context.ledger.runs(in: [.trained]) + context.ledger.runs(in: [.queued])
        clearHolds(waiting)
        for run in waiting where run.paused == nil && !active.contains(run.id) && retries.isDue(run.id) {
            let place = try self.place(of: run)
            guard isFree(place), reason == nil || !isHere(place) else { continue }
            slots[place, default: 0] += 1
            active.add(run.id, on: place) {
                await work(run.id, on: place)
                active.remove(run.id)
                context.bells.supervision.ring()
            }
        }
    }

    /// Forgets what held up runs that are over.
    private func clearHolds(_ waiting: [Run]) {
        let present = Set(waiting.map(\.id)).union(active.all)
        context.problems.clear(
            prefix: "supervision:held:", except: Set(present.map { "supervision:held:\($0)" }))
    }

    /// What held a run up has passed.
    private func goesOn(_ run: Run) {
        retries.forget(run.id)
        guard context.problems.set("supervision:held:\(run.id)", nil) else { return }
        progress(run, "goes on: what it waited for has passed")
    }

    /// Says that the disk fills before it is full: while twice of what must stay free is left.
    private func warnOfFillingDisk() {
        let least = context.settings.daemon.minimumFreeBytes
        guard let free = System.freeBytes(context.layout.state), least > 0, free / 2 < least else {
            if context.problems.set("disk:filling", nil) {
                context.logger.notice("The disk has room again", metadata: ["event": "disk.recovered"])
            }
            return
        }
        // In steps of 256 MiB, so that each is told once.
        let shown = (free >> 28) << 8
        let failure = Failure(
            code: "disk.filling",
            """
            The disk fills: some \(Quantity.bytes(shown << 20)) are free, and below \(Quantity.bytes(least)) no run is \
            started.
            """,
            at: context.layout.state,
            remedy: "Free space on that disk; `ftctl gc --dry-run` says what can go.")
        if context.problems.set("disk:filling", failure) {
            context.logger.warning("\(failure)", metadata: ["event": "disk.low"])
        }
    }

    /// Brings one run as far as it goes in the slot that it has: on an engine, or on this machine.
    private func work(_ id: RunID, on place: EngineName?) async {
        do {
            while let run = try await record(id, { try context.ledger.run(id) }), !Task.isCancelled {
                let next = try await record(id) { try self.place(of: run) }
                if run.paused != nil || !retries.isDue(id) || next != place { return }
                switch run.state {
                case .queued:
                    let resumes = run.startedAt != nil
                    try await train(record(id) { try context.apply(id, .workerStarted(resumes: resumes)) })
                case .trained: try await evaluate(record(id) { try context.apply(id, .evaluationStarted) })
                // Only where its work has outlived a former daemon.
                case .training where active.contains(work: id): try await train(run)
                case .evaluating where active.contains(work: id): try await evaluate(run)
                default: return
                }
            }
        } catch is CancellationError {
            // The daemon goes, the run makes room, or it was cancelled; the ledger says which of the last two.
            await wait(id)
        } catch {
            await conclude(id, error)
        }
    }

    private func train(_ started: Run) async throws {
        var run = started
        do {
            if run.recipe.learningRate == nil { run = try await findRate(run) }
            let training = try await trained(run)
            try await record(run.id) { try context.apply(run.id, .trained(training)) }
            goesOn(run)
        } catch let end as WorkerEnd {
            try await settle(end, run)
        }
    }

    /// Gives a run without a learning rate one: from an earlier range test that still holds, or from a new one.
    private func findRate(_ run: Run) async throws -> Run {
        let ratio = try FrozenSettings.of(run, context).warmStartRatio
        let found: (range: RangeTestResult, earlier: RunID?)
        if let earlier = try RangeTestRules.reusable(
            for: run, among: context.ledger.runs(pipeline: run.pipeline, limit: 100), rows: trainingRows)
        {
            found = earlier
        } else {
            progress(run, "looks for its learning rate: one short sweep")
            let result = try await sweep(run)
            guard let range = result.range else {
                throw WorkerEnd.failed(Failure(code: "worker.no_result", "The worker gave no range test."))
            }
            found = (range, nil)
        }
        var choice = RangeTestRules.choose(found.range, mode: run.mode, warmStartRatio: ratio, earlier: found.earlier)
        if let multiplier = run.rateMultiplier {
            choice.rate *= multiplier
            choice.note += JobSettings.note(multiplier)
        }
        try await record(run.id) {
            try context.ledger.amend(run.id) {
                $0.recipe.learningRate = choice.rate
                $0.recipe.keepInRange()
                $0.range = found.range
                $0.notes = ($0.notes ?? [:]).merging(["learning_rate": choice.note]) { $1 }
            }
        }
        guard let amended = try context.ledger.run(run.id) else { throw CancellationError() }
        progress(amended, "learns at \(String(format: "%.2e", choice.rate)): \(choice.note)")
        return amended
    }

    /// Training rows of a run's snapshot.
    private func trainingRows(_ run: Run) -> Int { (try? context.ledger.snapshot(run.snapshot))?.rows[.train] ?? 0 }

    private func evaluate(_ run: Run) async throws {
        do {
            let exported = try await writeArtefacts(run)
            let scores = try await score(exported)
            try await measureYardstick(exported)
            let evaluators = try await evaluate(
                run, by: FrozenSettings.of(run, context).gates.evaluators, scores)
            try await record(run.id) {
                try context.apply(run.id, .evaluated(scores: scores, evaluators: evaluators.isEmpty ? nil : evaluators))
            }
            goesOn(run)
        } catch let end as WorkerEnd {
            try await settle(end, run)
        }
    }

    /// Tells of something that changes no state.
    func progress(_ run: Run, _ message: String) {
        context.feed.tell(run.id, run.state, message: message)
        context.logger.info(
            "Run \(run.id) of \(run.pipeline) \(message)",
            metadata: [
                "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "\(run.state.rawValue)",
                "event": "run.progress",
            ])
    }
}
