import Foundation
import Nouns
import Platform
import WorkerProtocol

/// Runs one piece of work to its end: all that short tasks need of a launcher.
package protocol WorkerRunner: Sendable {
    /// Runs `request` to its end, giving each event as it comes, and returns the result.
    ///
    /// A cancelled task asks the worker to write a checkpoint and leave. Throws ``WorkerEnd``.
    ///
    /// - Parameter silence: a worker that tells of nothing for so long counts as hung and is ended.
    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
}

/// Starts workers somewhere: as child processes, on other machines, as jobs of a cluster.
///
/// Work has a handle that outlives the daemon; whether the work does is the launcher's own affair. A daemon that starts
/// asks for every handle that it finds in its ledger, and begins anew only what is gone. So a launcher whose work
/// outlives the daemon must answer a request for a folder in which its work goes on with that work's handle: the daemon
/// may have died between submitting and keeping the handle, and the same run must never work twice.
package protocol WorkerLauncher: WorkerRunner {
    /// Takes a request, and returns once it is certain to be worked on (or waits in a queue for it).
    ///
    /// Throws ``WorkerEnd`` where it cannot be taken.
    func submit(_ request: WorkerRequest) async throws -> WorkHandle

    /// The events of work that was submitted, by this daemon or a former one, or nil where the work is gone.
    ///
    /// Events come in order and none is missed; those that a former daemon had been given may come again. The stream
    /// ends after an event with the result, or by throwing ``WorkerEnd``; without either where the daemon has left the
    /// work. One may follow at a time. Throws a Failure where the launcher cannot tell whether the work goes on: it is
    /// asked again later, and nothing is begun anew meanwhile.
    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>?

    /// Asks the worker to write a checkpoint and leave; it is killed where it does not.
    func stop(_ handle: WorkHandle) async

    /// Makes the worker leave at once, without a checkpoint.
    func cancel(_ handle: WorkHandle) async

    /// Nobody wants the work in a folder, or below it, any more: what goes on there is cancelled, also where a former
    /// daemon submitted it and nobody knows its handle.
    func abandon(_ folder: String) async

    /// The folders in which work goes on that outlives the daemon.
    var folders: [String] { get async }

    /// How long work that ends with the daemon may take to write its checkpoint; zero where all work outlives it.
    var grace: Duration { get }

    /// The daemon goes. Work that outlives it stays, and its stream ends; other work is stopped at a checkpoint.
    func leave(_ handle: WorkHandle) async
}

extension WorkerLauncher {
    package var grace: Duration { .zero }
    package var folders: [String] { get async { [] } }
    package func abandon(_ folder: String) async {}

    package func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        let handle = try await submit(request)
        guard let events = try await attach(handle) else { throw WorkerEnd.gone(handle) }
        let result = try await follow(handle, events, silence: silence, onEvent: onEvent) { await stop(handle) }
        guard let result else { throw WorkerEnd.interrupted }
        return result
    }

    /// Follows work to its end, also in a cancelled task.
    ///
    /// Returns the result, or nil where the daemon has left the work. Throws ``WorkerEnd``.
    ///
    /// - Parameters:
    ///   - silence: a worker that tells of nothing for so long counts as hung, and is cancelled.
    ///   - onCancel: what is asked of the worker when the task is cancelled; called once.
    package func follow(
        _ handle: WorkHandle, _ events: AsyncThrowingStream<WorkerEvent, any Error>, silence: Duration,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void, onCancel: @escaping @Sendable () async -> Void
    ) async throws -> WorkerResult? {
        let watch = SilenceWatch()
        // Tasks of their own: a cancelled one would see the stream end before the worker has left.
        let reader = Task {
            for try await event in events {
                watch.saw(event)
                onEvent(event)
            }
        }
        let timer = Task {
            // A hang is found late by a twentieth of its time. Of a hundred jobs that are followed each tick counts,
            // and they come together.
            let (bell, tick) = (Bell(), min(max(silence / 20, .milliseconds(20)), .seconds(10)))
            repeat {
                await bell.wait(atMost: tick, leeway: tick / 2)
                try Task.checkCancellation()
            } while watch.quiet(after: tick) < silence
            watch.markHung()
            await cancel(handle)
        }
        defer { timer.cancel() }
        let outcome = await withTaskCancellationHandler {
            await reader.result
        } onCancel: {
            Task { await onCancel() }
        }
        if let result = watch.result { return result }
        if watch.isHung {
            throw WorkerEnd.died(
                Failure(
                    code: "worker.hung", "The worker said nothing for too long and was stopped.", at: handle.directory,
                    remedy: "See worker.silence_seconds.", cause: WorkerEnd.tail(handle.directory)))
        }
        try outcome.get()
        return nil
    }
}
