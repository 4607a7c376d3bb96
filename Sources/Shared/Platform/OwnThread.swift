import Foundation
import Synchronization

/// Long computations and calls that wait, on a thread of their own: the few threads of Swift's tasks answer requests
/// meanwhile.
package enum OwnThread {
    /// Runs `body`, which may ask whether the task was cancelled.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Result)
        async throws -> Result
    {
        let flag = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Swift.Result { try body { flag.isSet } }) }
            }
        } onCancel: {
            flag.set()
        }
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }
}
