import Foundation
import Nouns
import Synchronization

/// Lets one piece of work at a time change a pipeline's dataset.
final class Turns: Sendable {
    private let locks = Mutex<[PipelineName: NSLock]>([:])

    /// Runs `body` while nobody else changes the pipeline's dataset.
    func taken<Result>(_ pipeline: PipelineName, _ body: () throws -> Result) rethrows -> Result {
        let lock = locks.withLock { locks in
            let lock = locks[pipeline] ?? NSLock()
            locks[pipeline] = lock
            return lock
        }
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }
}
