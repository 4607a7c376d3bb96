import Nouns
import Platform
import ServiceLifecycle

/// The threads on which the control API answers, so that no answer ever waits for the work of a stage.
///
/// The server runs in ``serving(_:)``: connections, quick answers and streams then share two threads that no stage
/// uses. What reads files or many rows (a report, a comparison, examples, lineage, verification, garbage, the check of
/// a pipeline's file, a data report) goes through ``heavy(_:)``, so that it holds up neither a quick answer nor, beyond
/// two at a time, the machine.
package struct AnswerThreads: Sendable {
    /// How many heavy questions are answered at once; further ones wait for their turn.
    package static let heavyAtOnce = 2

    private let quick = ThreadExecutor(name: "answers", threads: 2)
    private let slow = ThreadExecutor(name: "heavy-answers", threads: Self.heavyAtOnce, niceness: Niceness.heavyAnswers)

    package init() {}

    /// Runs `body`, and everything structured below it, on the thread of quick answers.
    package func serving<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        try await withTaskExecutorPreference(quick) { try await body() }
    }

    /// Answers a heavy question on one of a few threads, and comes back with what it gives or throws.
    ///
    /// The work belongs to the caller's task: `Task.isCancelled` in it says that nobody waits for the answer any more.
    /// That of a daemon that stops ends, too: then this throws a Failure (`daemon.stopping`).
    package func heavy<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await cancelWhenGracefulShutdown {
                try await withTaskExecutorPreference(slow) {
                    try Task.checkCancellation()
                    return try await body()
                }
            }
        } catch let cancelled as CancellationError {
            if Task.isCancelled { throw cancelled }
            throw Failure(
                code: "daemon.stopping", "The daemon is stopping and gives no more answers.",
                remedy: "Ask again when it runs.")
        }
    }
}
