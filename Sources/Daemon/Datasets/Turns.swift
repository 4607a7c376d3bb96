import Foundation
import Nouns
import Platform
import Synchronization

/// Lets one piece of work at a time change a pipeline's dataset.
final class Turns: Sendable {
    private let locks = Mutex<[PipelineName: NSLock]>([:])

    /// How long who waits for a turn waits before it asks whether its task is cancelled.
    private static let patience = 0.1

    /// Runs `body` while nobody else changes the pipeline's dataset.
    ///
    /// Throws a CancellationError where the task is cancelled while it waits for its turn, and a Failure
    /// (`dataset.busy`) where that takes longer than `limit`.
    ///
    /// - Parameter limit: for people, who would rather ask again than hold a thread that others wait for.
    func taken<Result>(_ pipeline: PipelineName, atMost limit: Duration? = nil, _ body: () throws -> Result) throws
        -> Result
    {
        let lock = locks.withLock { locks in
            let lock = locks[pipeline] ?? NSLock()
            locks[pipeline] = lock
            return lock
        }
        let deadline = limit.map { ContinuousClock.now + $0 }
        while !lock.lock(before: Date().addingTimeInterval(Self.patience)) {
            Pulse.beat()
            try Task.checkCancellation()
            if let deadline, ContinuousClock.now >= deadline {
                throw Failure(
                    code: "dataset.busy", "Rows of '\(pipeline)' are being stored, and that takes a while.",
                    at: pipeline.rawValue, remedy: "Ask again when `ftctl drops` shows them as stored.")
            }
        }
        defer { lock.unlock() }
        return try body()
    }
}
