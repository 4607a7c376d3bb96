import Dispatch
import Foundation
import HubClient
import Platform
import Synchronization

/// Calls that wait for the network, on threads of their own.
enum NetworkThread {
    /// Runs `body`; cancelling the task makes the fetcher's requests give up.
    static func run<Value: Sendable>(_ fetcher: Fetcher, _ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await withTaskCancellationHandler {
            try await OwnThread.run { isCancelled in
                do { return try body() } catch { throw isCancelled() ? CancellationError() : error }
            }
        } onCancel: {
            fetcher.cancel()
        }
    }
}

/// Has a thread that waits anyway wait for what is done by tasks.
struct AsyncAnswer: Sendable {
    /// Waits until `body` has ended; throws what it throws. Never to be called on one of Swift's own threads.
    func wait(_ body: @escaping @Sendable () async throws -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let box = Box()
        Task {
            do { try await body() } catch { box.set(.failure(error)) }
            done.signal()
        }
        done.wait()
        try box.get()
    }

    private final class Box: Sendable {
        private let value = Mutex<Result<Void, any Error>>(.success(()))
        func set(_ end: Result<Void, any Error>) { value.withLock { $0 = end } }
        func get() throws { try value.withLock { $0 }.get() }
    }
}
