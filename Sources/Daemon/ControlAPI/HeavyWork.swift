import Foundation
import ServiceLifecycle
import StageKit
import Synchronization

/// Runs a heavy question so that whoever asked can leave before it ends: a daemon that stops waits for no report.
///
/// What is left behind goes on until it sees that its task is cancelled, or until the process is gone. Both are safe:
/// orders change the ledger in one transaction each, as for a daemon that is killed.
enum HeavyWork {
    /// Throws what `body` throws, or `CancellationError` as soon as the caller's task is cancelled.
    static func run<Value: Sendable>(
        on threads: AnswerThreads, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let ending = Ending<Value>()
        let task = Task {
            let result: Result<Value, any Error>
            do { result = .success(try await threads.heavy(body)) } catch { result = .failure(error) }
            ending.end(result)
        }
        return try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await withCheckedThrowingContinuation { ending.wait($0) }
            } onGracefulShutdown: {
                // Nobody waits for a report of a daemon that stops; what it asks instead is answered.
                task.cancel()
                ending.end(.failure(CancellationError()))
            }
        } onCancel: {
            task.cancel()
            ending.end(.failure(CancellationError()))
        }
    }

    /// The first of several endings, given to the one who waits, whichever comes first.
    private final class Ending<Value: Sendable>: Sendable {
        private enum State {
            case open
            case waiting(CheckedContinuation<Value, any Error>)
            case ended(Result<Value, any Error>)
        }
        private let state = Mutex(State.open)

        func end(_ result: Result<Value, any Error>) {
            let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
                switch state {
                case .open:
                    state = .ended(result)
                    return nil
                case .waiting(let continuation):
                    state = .ended(result)
                    return continuation
                case .ended: return nil
                }
            }
            waiter?.resume(with: result)
        }

        func wait(_ continuation: CheckedContinuation<Value, any Error>) {
            let result: Result<Value, any Error>? = state.withLock { state in
                if case .ended(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
