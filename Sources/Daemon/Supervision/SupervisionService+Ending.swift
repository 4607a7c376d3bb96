import Launching
import Nouns
import StageKit

/// What the end of a worker, or a fault of our own, means for its run.
extension SupervisionService {
    /// Records something about a run; where the ledger cannot take it for a reason that passes, waits until it can, so
    /// that no run stays at work without a worker.
    ///
    /// Throws what `change` throws otherwise, and a CancellationError where the daemon goes or the run was cancelled:
    /// the next daemon takes the run up.
    @discardableResult
    func record<Value>(_ id: RunID, _ change: () throws -> Value) async throws -> Value {
        let owner = "supervision:ledger:\(id)"
        defer { context.problems.set(owner, nil) }
        var count = 0
        while true {
            do { return try change() } catch let failure as Failure where failure.isPassing {
                loop.report(failure, owner, about: ["run": "\(id)"], event: "ledger.failed")
                count += 1
                try await Task.sleep(for: retries.pause(count, longest: .seconds(10)))
            }
        }
    }

    /// What the end of a worker means for its run.
    func settle(_ end: WorkerEnd, _ run: Run) async throws {
        switch end {
        case .interrupted where active.reason(run.id) != nil: throw CancellationError()
        case .interrupted:
            // Cancelled runs are cancelled already; a stopping daemon leaves the run to be resumed.
            if try context.ledger.run(run.id)?.state == run.state { try context.apply(run.id, .interrupted) }
            throw CancellationError()
        case .failed(let failure): await fail(run.id, failure)
        case .waits(let failure): await hold(run.id, failure)
        case .died(let failure): try await bury(failure, run)
        }
    }

    /// A worker died, hung, or left without a reason.
    private func bury(_ failure: Failure, _ run: Run) async throws {
        guard let now = try await record(run.id, { try context.ledger.run(run.id) }), now.state == run.state else {
            return
        }
        // Whoever leaves with a newer checkpoint has come further; an engine may do that after each hour.
        if [WorkerEnd.leftUnasked, WorkerEnd.lostPeer].contains(failure.code), let step = active.checkpoint(run.id),
            step > now.checkpoint ?? 0
        {
            retries.forget(run.id)
            try await record(run.id) {
                try context.ledger.amend(run.id) { $0.checkpoint = step }
                try context.apply(run.id, .interrupted)
            }
            return
        }
        context.logger.warning(
            "\(failure)",
            metadata: [
                "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "supervision",
                "event": failure.code == "worker.hung" ? "worker.hung" : "worker.died",
            ])
        retries.later(run.id)
        if now.attempts < context.settings.daemon.workerAttempts {
            try await record(run.id) { try context.apply(run.id, .workerLost(failure)) }
        } else if failure.mayHavePassed, now.queuedAgain != true {
            try await record(run.id) { try context.apply(run.id, .queuedAgain(failure)) }
        } else {
            await fail(run.id, failure)
        }
    }

    /// Something else than a worker's end stopped the work on a run.
    func conclude(_ id: RunID, _ error: any Error) async {
        let failure = StageContext.failure(error, code: "run.failed")
        // It was cancelled or paused while it was worked on, which wins over what the work came to.
        if failure.code == "run.transition" { return }
        if failure.isPassing { await hold(id, failure) } else { await fail(id, failure) }
    }

    /// Has a run wait for something that passes.
    private func hold(_ id: RunID, _ failure: Failure) async {
        context.problems.set("supervision:held:\(id)", failure)
        retries.later(id, longest: Retries.longestHold)
        await end(id, .held(failure), failure)
    }

    private func fail(_ id: RunID, _ failure: Failure) async {
        retries.forget(id)
        await end(id, .failed(failure), failure)
    }

    /// Has a run that makes room for the rest of the machine wait for it.
    func wait(_ id: RunID) async {
        guard let reason = active.reason(id), !active.isCancelled(id), !active.isPaused(id) else { return }
        await end(id, .held(reason), reason)
    }

    private func end(_ id: RunID, _ event: RunEvent, _ failure: Failure) async {
        do { try await record(id) { try context.apply(id, event) } } catch is CancellationError {
            // The daemon goes: the next one finds the run at work without a worker, and takes it up.
        } catch let refusal as Failure where refusal.code == "run.transition" {
            // It was cancelled meanwhile, and nobody wants to know how it would have ended.
        } catch {
            context.logger.error(
                "run \(id): \(failure); and that could not be recorded: \(error)",
                metadata: ["run": "\(id)", "event": "ledger.failed"])
        }
    }
}
