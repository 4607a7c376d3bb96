import Foundation
import Launching
import Ledger
import Nouns
import Platform
import ServiceLifecycle
import Settings
import StageKit
import Synchronization
import WorkerProtocol

/// Takes runs in state `queued` and `trained`; gives them in state `evaluated` (or `failed`, `cancelled`).
///
/// Starts workers and nothing else does; one run a compute slot. Never judges.
package struct RunService: Service {
    let context: StageContext
    let launcher: any WorkerLauncher
    package let feed: RunFeed
    private let loop: StageLoop
    private let active = ActiveRuns()

    package init(_ context: StageContext, launcher: any WorkerLauncher, feed: RunFeed) {
        self.context = context
        self.launcher = launcher
        self.feed = feed
        loop = StageLoop("supervision", context, bell: context.bells.supervision, every: .seconds(10))
    }

    package func run() async throws {
        try recover()
        await loop.run { try startNext() }
        // Workers write a checkpoint and leave; their runs go on after the next start.
        await active.stopAll()
    }

    /// Cancels a run, wherever it is. Throws a Failure where it is over already.
    package func cancel(_ id: RunID, by who: String) throws -> Run {
        let run = try context.ledger.transition(
            id, from: [.queued, .training, .trained, .evaluating, .evaluated, .accepted, .rejected, .inconclusive],
            to: .cancelled, message: "by \(who)"
        ) {
            $0.cause = Failure(code: "run.cancelled", "Cancelled by \(who).")
        }
        active.stop(id)
        tell(run, "cancelled by \(who)", event: "run.cancelled")
        feed.close(id)
        context.bells.scheduling.ring()
        return run
    }

    /// Runs that were at work when the daemon died start again where their checkpoint is.
    private func recover() throws {
        for run in try context.ledger.runs(in: [.training, .evaluating]) {
            let next = try context.ledger.transition(
                run.id, from: [run.state], to: run.state == .training ? .queued : .trained,
                message: "resumed after a restart")
            tell(next, "was interrupted, and goes on where it was", event: "run.interrupted")
        }
    }

    /// Starts what waits, as far as there are compute slots and disk.
    private func startNext() throws {
        let slots = context.settings.daemon.computeSlots - active.count
        guard slots > 0 else { return }
        if let free = System.freeBytes(context.layout.state), free < context.settings.daemon.minimumFreeBytes {
            let failure = Failure(
                code: "disk.low",
                """
                Only \(free >> 20) MiB of disk are free, so no run is started (minimum_free asks for \
                \(context.settings.daemon.minimumFreeBytes >> 20) MiB).
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
        for run in waiting.filter({ !active.contains($0.id) }).prefix(slots) {
            active.add(run.id) {
                await work(run.id)
                active.remove(run.id)
                context.bells.supervision.ring()
            }
        }
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
            "The disk fills: some \(shown) MiB are free, and below \(least >> 20) MiB no run is started.",
            at: context.layout.state,
            remedy: "Free space on that disk; `ftctl gc --dry-run` says what can go.")
        if context.problems.set("disk:filling", failure) {
            context.logger.warning("\(failure)", metadata: ["event": "disk.low"])
        }
    }

    /// Brings one run as far as it goes.
    private func work(_ id: RunID) async {
        do {
            while let run = try context.ledger.run(id), !Task.isCancelled {
                switch run.state {
                case .queued: try await train(run)
                case .trained: try await evaluate(run)
                default: return
                }
            }
        } catch is CancellationError {
        } catch {
            fail(id, StageContext.failure(error, code: "run.failed"))
        }
    }

    private func train(_ queued: Run) async throws {
        var run = try context.ledger.transition(queued.id, from: [.queued], to: .training) { $0.attempts += 1 }
        let again = queued.startedAt != nil
        tell(
            run, again ? "goes on from its last checkpoint (attempt \(run.attempts))" : "starts training",
            event: again ? "run.resumed" : "run.started")
        do {
            if run.recipe.learningRate == nil { run = try await findRate(run) }
            let request = try RunRequests.train(run, context)
            let result = try await start(request, run)
            guard let training = result.training else {
                throw WorkerEnd.failed(Failure(code: "worker.no_result", "The worker gave no trained adapter."))
            }
            let trained = try context.ledger.transition(run.id, from: [.training], to: .trained) {
                $0.adapter = training.adapter
                $0.training = training
                $0.attempts = 0
            }
            tell(
                trained,
                String(
                    format: "trained in %.0f s: %d steps, %.0f tokens/s, %d MiB", training.seconds, training.steps,
                    training.tokensPerSecond,
                    training.peakMemoryBytes >> 20), event: "run.trained")
        } catch let end as WorkerEnd {
            try settle(end, run, back: .queued)
        }
    }

    /// Gives a run without a learning rate one: from an earlier range test that still holds, or from a new one.
    private func findRate(_ run: Run) async throws -> Run {
        let ratio = context.settings.pipeline(run.pipeline)?.incremental.warmStartRatio ?? 0.5
        let found: (range: RangeTestResult, earlier: RunID?)
        if let earlier = try RangeTestRules.reusable(
            for: run, among: context.ledger.runs(pipeline: run.pipeline, limit: 100), rows: trainingRows)
        {
            found = earlier
        } else {
            tell(run, "looks for its learning rate: one short sweep", event: "run.progress")
            let result = try await start(try RunRequests.rangeTest(run, context), run)
            guard let range = result.range else {
                throw WorkerEnd.failed(Failure(code: "worker.no_result", "The worker gave no range test."))
            }
            found = (range, nil)
        }
        let choice = RangeTestRules.choose(found.range, mode: run.mode, warmStartRatio: ratio, earlier: found.earlier)
        try context.ledger.amend(run.id) {
            $0.recipe.learningRate = choice.rate
            $0.recipe.keepInRange()
            $0.range = found.range
            $0.notes = ($0.notes ?? [:]).merging(["learning_rate": choice.note]) { $1 }
        }
        guard let amended = try context.ledger.run(run.id) else { throw CancellationError() }
        tell(amended, "learns at \(String(format: "%.2e", choice.rate)): \(choice.note)", event: "run.progress")
        return amended
    }

    /// Training rows of a run's snapshot.
    private func trainingRows(_ run: Run) -> Int { (try? context.ledger.snapshot(run.snapshot))?.rows[.train] ?? 0 }

    private func evaluate(_ trained: Run) async throws {
        let run = try context.ledger.transition(trained.id, from: [.trained], to: .evaluating) { $0.attempts += 1 }
        tell(run, "evaluation starts", event: "run.evaluating")
        do {
            let exported = try await writeArtefacts(run)
            let scores = try await score(exported)
            let evaluators = try await evaluate(
                run, by: context.settings.pipeline(run.pipeline)?.gates.evaluators ?? [], scores)
            let evaluated = try context.ledger.transition(run.id, from: [.evaluating], to: .evaluated) {
                $0.scores = scores
                $0.evaluators = evaluators.isEmpty ? nil : evaluators
            }
            tell(evaluated, "evaluated", event: "run.evaluated")
            context.bells.gating.ring()
        } catch let end as WorkerEnd {
            try settle(end, run, back: .trained)
        }
    }

    /// Runs a worker, passing its events on.
    func start(_ request: WorkerRequest, _ run: Run) async throws -> WorkerResult {
        let silence = Duration.seconds(context.settings.daemon.workerSilenceSeconds)
        return try await launcher.run(request, silence: silence) { [self] event in
            feed.tell(run.id, run.state, event: event)
            note(event, of: run)
            if let warning = event.warning {
                context.logger.warning(
                    "\(warning)",
                    metadata: ["pipeline": "\(run.pipeline)", "run": "\(run.id)", "event": "worker.warning"])
            }
        }
    }

    /// What the end of a worker means for its run.
    private func settle(_ end: WorkerEnd, _ run: Run, back: RunState) throws {
        switch end {
        case .interrupted:
            // Cancelled runs are cancelled already; a stopping daemon leaves the run to be resumed.
            if try context.ledger.run(run.id)?.state == run.state {
                let waiting = try context.ledger.transition(
                    run.id, from: [run.state], to: back, message: "stopped at a checkpoint"
                ) { $0.attempts = max(0, $0.attempts - 1) }
                tell(waiting, "stopped at a checkpoint, to be resumed", event: "run.interrupted")
            }
            throw CancellationError()
        case .failed(let failure): fail(run.id, failure)
        case .died(let failure):
            context.logger.warning(
                "\(failure)",
                metadata: [
                    "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "supervision",
                    "event": failure.code == "worker.hung" ? "worker.hung" : "worker.died",
                ])
            guard try context.ledger.run(run.id)?.state == run.state else { return }
            guard run.attempts < context.settings.daemon.workerAttempts else { return fail(run.id, failure) }
            let again = try context.ledger.transition(run.id, from: [run.state], to: back, message: failure.message)
            tell(again, "lost its worker, which is started again: \(failure.message)", event: "run.interrupted")
        }
    }

    private func fail(_ id: RunID, _ failure: Failure) {
        do {
            let run = try context.ledger.transition(
                id, from: [.queued, .training, .trained, .evaluating, .evaluated], to: .failed, message: failure.message
            ) { $0.cause = failure }
            tell(run, "failed: \(failure)", event: "run.failed")
            feed.close(id)
            context.bells.scheduling.ring()
        } catch {
            context.logger.error(
                "run \(id): \(failure); and that could not be recorded: \(error)",
                metadata: ["run": "\(id)", "event": "ledger.failed"])
        }
    }

    private func tell(_ run: Run, _ message: String, event: String) {
        feed.tell(run.id, run.state, message: message)
        context.logger.log(
            level: event == "run.failed"
                ? .error : ["run.evaluating", "run.progress"].contains(event) ? .info : .notice,
            "Run \(run.id) of \(run.pipeline) \(message)",
            metadata: [
                "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "\(run.state.rawValue)",
                "event": "\(event)",
            ])
    }
}

/// The runs at work now, and the tasks that work on them.
final class ActiveRuns: Sendable {
    private let tasks = Mutex<[RunID: Task<Void, Never>]>([:])
    /// What is read and checked before and after a worker is work of a stage like any other.
    private let threads = ThreadExecutor(name: "runs", threads: 2, niceness: StageLoop.niceness)

    var count: Int { tasks.withLock { $0.count } }
    func contains(_ id: RunID) -> Bool { tasks.withLock { $0[id] != nil } }

    /// Starts work on a run. Registered before it can end, so that its end is never missed.
    func add(_ id: RunID, _ work: @escaping @Sendable () async -> Void) {
        tasks.withLock { $0[id] = Task(executorPreference: threads) { await work() } }
    }

    func remove(_ id: RunID) { tasks.withLock { _ = $0.removeValue(forKey: id) } }
    func stop(_ id: RunID) { tasks.withLock { $0[id] }?.cancel() }

    /// Asks all to stop, and waits until they have.
    func stopAll() async {
        let all = tasks.withLock { Array($0.values) }
        for task in all { task.cancel() }
        for task in all { await task.value }
    }
}
