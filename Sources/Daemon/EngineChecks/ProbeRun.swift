import Foundation
import Launching
import Nouns
import Places
import Synchronization
import WorkerProtocol

/// One start of an engine, with everything that it told.
struct ProbeRun: Sendable {
    let request: WorkerRequest
    /// What came on the descriptor, in order.
    let events: [WorkerEvent]
    /// Seconds from what each names as its time to when it was heard.
    let lags: [Double]
    /// How the daemon would take its end; nil where it gave a result.
    let end: WorkerEnd?
    /// The last step that its file told of when another attempt had the folder; nil where none was given it.
    let stepsAtFence: Int?

    /// The status that its last event names.
    var status: Int32? { events.last.flatMap { $0.event == .ended ? $0.status : nil } }
    var steps: [StepReport] { events.compactMap(\.step) }
    var validations: [ValidationReport] { events.compactMap(\.validation) }
    var checkpoints: [Int] { events.compactMap(\.checkpoint) }
    var result: WorkerResult? { events.compactMap(\.result).last }
    var failure: Failure? { events.compactMap(\.failure).last }

    /// How it ended, in words.
    var ending: String {
        let told = status.map { "told of status \($0)" } ?? "told of no status"
        return told + (failure.map { " (\($0.code): \($0.message))" } ?? end?.failure.map { " (\($0.message))" } ?? "")
    }

    /// When something is done to an engine that is at work.
    struct Plan: Sendable {
        /// Asks it to stop after the event of this step.
        var stopsAfter: Int?
        /// Gives the folder to another attempt after the event of this step; an engine that goes on for another
        /// ``patience`` steps is ended.
        var fencesAfter: Int?
        static let patience = 20
    }

    /// Starts an engine and follows it to its end. Throws a CancellationError, or a FileFailure.
    static func of(
        _ request: WorkerRequest, by launcher: LocalLauncher, silence: Duration, _ plan: Plan = Plan()
    ) async throws -> ProbeRun {
        let told = Mutex<[(event: WorkerEvent, lag: Double)]>([])
        let reached = Mutex<Int?>(nil)
        var end: WorkerEnd?
        do {
            let handle = try await launcher.submit(request)
            guard let events = try await launcher.attach(handle) else { throw CancellationError() }
            _ = try await launcher.follow(handle, events, silence: silence) { event in
                told.withLock { $0.append((event, Date().timeIntervalSince1970 - event.time)) }
                guard let step = event.step?.step else { return }
                if step == plan.stopsAfter { Task { await launcher.stop(handle) } }
                guard let fence = plan.fencesAfter else { return }
                // Where it cannot be written the engine goes on, and that is found.
                if step == fence, (try? Attempt.next(in: request.directory)) != nil {
                    // It is heard a moment after it has told.
                    let steps = EventReader.events(in: request.directory).compactMap(\.step?.step)
                    reached.withLock { $0 = steps.max() }
                }
                if step == fence + Plan.patience { Task { await launcher.cancel(handle) } }
            } onCancel: {
                await launcher.cancel(handle)
            }
        } catch let ended as WorkerEnd { end = ended }
        try Task.checkCancellation()
        let heard = told.withLock { $0 }
        return ProbeRun(
            request: request, events: heard.map(\.event), lags: heard.map(\.lag), end: end,
            stepsAtFence: reached.withLock { $0 })
    }
}
