import Nouns
import Synchronization

/// Runs as they were decoded last: the newest are asked for at each pass, are long, and seldom change.
final class DecodedRuns: Sendable {
    /// Runs that are remembered.
    private static let size = 256

    private struct State {
        var runs: [String: (hash: Int, run: Run)] = [:]
        var order: [String] = []
    }
    private let state = Mutex(State())

    /// The run that `body` says, decoded by `decode` where it is not what was decoded last.
    func run(_ id: String, _ body: String, _ decode: () throws -> Run) rethrows -> Run {
        let hash = body.hashValue
        if let known = state.withLock({ $0.runs[id] }), known.hash == hash { return known.run }
        let run = try decode()
        state.withLock { state in
            if state.runs.updateValue((hash, run), forKey: id) == nil { state.order.append(id) }
            if state.order.count > Self.size { state.runs[state.order.removeFirst()] = nil }
        }
        return run
    }
}
