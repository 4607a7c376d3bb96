import Foundation
import Launching
import Ledger
import Monitoring
import Nouns
import StageKit
import WorkerProtocol

extension SupervisionService {
    /// Has a request of a run worked on, passing its events on: by work of a former daemon that still goes on in the
    /// same folder, else by new work.
    ///
    /// Throws ``WorkerEnd``; and CancellationError where the daemon goes and the work stays.
    func start(_ request: WorkerRequest, _ run: Run) async throws -> WorkerResult {
        let work = try await work(on: request, run)
        let began = Date().timeIntervalSince1970
        let silence = Duration.seconds(context.settings.daemon.workerSilenceSeconds)
        defer { context.problems.set(Self.silent(run), nil) }
        let result = try await launcher.follow(work.handle, work.events, silence: silence) { event in
            context.feed.tell(run.id, run.state, event: event)
            noteMachines(event, of: run)
            if let step = event.checkpoint { active.note(checkpoint: step, of: run.id) }
            // What a former daemon saw is in the journal already.
            guard event.time >= began || !work.isOld else { return }
            note(event, of: run)
            if let step = event.step { context.meters.add(.trained, Double(step.tokens), ["\(run.pipeline)"]) }
        } onCancel: {
            if active.isCancelled(run.id) {
                await launcher.cancel(work.handle)
            } else if active.isPaused(run.id) || active.reason(run.id) != nil {
                await launcher.stop(work.handle)
            } else {
                await launcher.leave(work.handle)
            }
        }
        guard let result else { throw CancellationError() }
        return result
    }

    /// Tells of what a scheduler says: what the run waits for, and that nobody has answered for long.
    private func noteMachines(_ event: WorkerEvent, of run: Run) {
        if let waiting = event.waiting { progress(run, waiting.inWords) }
        if event.event == .working { progress(run, "has its nodes") }
        if let warning = event.warning, warning.code == "cluster.silent" {
            context.problems.set(Self.silent(run), warning)
        } else {
            context.problems.set(Self.silent(run), nil)
        }
    }

    private static func silent(_ run: Run) -> String { "supervision:silent:\(run.id)" }

    /// Has work cancelled that outlived a former daemon and whose run nobody wants any more.
    func abandonForeign() async {
        let runs = context.layout.runs + "/"
        for folder in await launcher.folders where folder.hasPrefix(runs) {
            let name = folder.dropFirst(runs.count).prefix { $0 != "/" }
            // Where the ledger cannot be asked nothing is ended; the next start asks again.
            guard let run = try? context.ledger.run(RunID(String(name))) else { continue }
            if !run.state.isUnderWay { await launcher.abandon(context.layout.run(run.id)) }
        }
    }

    private func work(on request: WorkerRequest, _ run: Run) async throws -> (
        handle: WorkHandle, events: AsyncThrowingStream<WorkerEvent, any Error>, isOld: Bool
    ) {
        if let found = active.take(run.id, in: request.directory) { return (found.handle, found.events, true) }
        let handle = try await launcher.submit(request)
        do {
            try await record(run.id) { try context.ledger.amend(run.id) { $0.work = handle } }
            guard let events = try await launcher.attach(handle) else {
                throw Failure(code: "worker.gone", "The work was taken and is gone.", at: request.directory)
            }
            return (handle, events, false)
        } catch let cancelled as CancellationError {
            await launcher.cancel(handle)
            throw cancelled
        } catch {
            // Work that the ledger does not know of would be begun a second time.
            await launcher.cancel(handle)
            throw WorkerEnd.died(StageContext.failure(error, code: "worker.gone"))
        }
    }

    /// Tells the journal of a worker's milestones: each checkpoint, each validation, each tenth of the steps, and what
    /// it warns of.
    private func note(_ event: WorkerEvent, of run: Run) {
        func log(_ message: String, _ kind: String) {
            context.logger.info(
                "Run \(run.id) of \(run.pipeline) \(message)",
                metadata: ["pipeline": "\(run.pipeline)", "run": "\(run.id)", "event": "\(kind)"])
        }
        if let step = event.checkpoint { log("has a checkpoint of step \(step)", "run.checkpoint") }
        if let validation = event.validation {
            log(
                """
                has a validation loss of \(String(format: "%.4g", validation.loss)) at step \
                \(validation.step)\(validation.best ? ", the lowest so far" : "")
                """,
                "run.progress")
        }
        if let step = event.step, step.step % max(1, step.steps / 10) == 0 {
            let left = step.secondsLeft.map { ", about \(Int($0)) s left" } ?? ""
            log(
                """
                is at step \(step.step) of \(step.steps), loss \(String(format: "%.4g", step.loss))\
                \(step.preference.map { ", \($0.summary)" } ?? "")\(left)
                """,
                "run.progress")
        }
        if let warning = event.warning {
            context.logger.warning(
                "\(warning)",
                metadata: ["pipeline": "\(run.pipeline)", "run": "\(run.id)", "event": "worker.warning"])
        }
    }
}
