import Synchronization

/// Paths that were renamed into a watched folder since the last pass, and so need no quiet time.
final class CompleteFiles: Sendable {
    private let paths = Mutex<Set<String>>([])

    func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

    /// Everything added so far, forgotten here.
    func take() -> Set<String> {
        paths.withLock { paths in
            defer { paths = [] }
            return paths
        }
    }
}
