import Nouns
import Reports

/// How long something is waited for.
enum Waiting {
    /// What `body` gives. Throws a Failure (`client.waited`) where that takes longer than `seconds`; nil waits for
    /// ever.
    static func atMost<T: Sendable>(
        _ seconds: Double?, for what: String, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        guard let seconds else { return try await body() }
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            guard case .some(.some(let value)) = try await group.next() else {
                throw Failure(
                    code: "client.waited", "\(what) took longer than the \(Quantity.number(seconds)) s of --timeout.",
                    remedy: "It goes on without you: see `ftctl status`.")
            }
            return value
        }
    }
}
