import Nouns
import Synchronization

/// What is wrong right now, by whose it is: shown by `ftctl status`, and gone when it is mended.
package final class ProblemBoard: Sendable {
    private let entries = Mutex<[String: Failure]>([:])

    package init() {}

    /// Sets or (with nil) clears the problem of `owner`, such as `drop:tickets`. Returns whether anything changed.
    @discardableResult
    package func set(_ owner: String, _ failure: Failure?) -> Bool {
        entries.withLock { entries in
            guard entries[owner] != failure else { return false }
            entries[owner] = failure
            return true
        }
    }

    /// Clears every problem whose owner begins with `prefix`, except those in `keep`.
    package func clear(prefix: String, except keep: Set<String> = []) {
        entries.withLock { entries in entries = entries.filter { !$0.key.hasPrefix(prefix) || keep.contains($0.key) } }
    }

    /// How many there are.
    package var count: Int { entries.withLock { $0.count } }

    /// The problem of exactly this owner, or nil.
    package func problem(of owner: String) -> Failure? { entries.withLock { $0[owner] } }

    /// All problems whose owner begins with `prefix`, in a stable order.
    package func all(prefix: String = "") -> [Failure] { owned(prefix: prefix).map(\.failure) }

    /// Those of them that somebody sees.
    package func all(prefix: String = "", seenBy sight: Sight) throws -> [Failure] {
        try owned(prefix: prefix).filter { try sight.sees($0.failure, of: $0.owner) }.map(\.failure)
    }

    private func owned(prefix: String) -> [(owner: String, failure: Failure)] {
        entries.withLock {
            $0.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
