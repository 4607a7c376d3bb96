import Foundation

/// Lets one piece of work at a time through.
final class Turn: Sendable {
    private let lock = NSLock()

    /// Runs `body` while nobody else does.
    func taken<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }
}
