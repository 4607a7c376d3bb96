import Nouns
import Platform
import Synchronization

/// What is wrong right now, by whose it is: shown by `ftctl status`, and gone when it is mended.
package final class ProblemBoard: Sendable {
    private let entries = Mutex<[String: Failure]>([:])
    /// Tells of each problem that comes, changes or goes.
    package let changes = Announcer()

    package init() {}

    /// Sets or (with nil) clears the problem of `owner`, such as `drop:tickets`. Returns whether anything changed.
    @discardableResult
    package func set(_ owner: String, _ failure: Failure?) -> Bool {
        let isChanged = entries.withLock { entries in
            guard entries[owner] != failure else { return false }
            entries[owner] = failure
            return true
        }
        if isChanged { changes.announce() }
        return isChanged
    }

    /// Clears every problem whose owner begins with `prefix`, except those in `keep`.
    package func clear(prefix: String, except keep: Set<String> = []) {
        let isChanged = entries.withLock { entries in
            let count = entries.count
            entries = entries.filter { !$0.key.hasPrefix(prefix) || keep.contains($0.key) }
            return entries.count != count
        }
        if isChanged { changes.announce() }
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
