import Synchronization

/// Nouns of one kind as they were decoded last: some are asked for at each pass, are long or many, and seldom change.
final class DecodedNouns<Noun: Sendable>: Sendable {
    /// Nouns that are remembered.
    private let size: Int

    private struct State {
        var nouns: [String: (hash: Int, noun: Noun)] = [:]
        var order: [String] = []
    }
    private let state = Mutex(State())

    init(size: Int) { self.size = size }

    /// The noun that `body` says, decoded by `decode` where it is not what was decoded last.
    func noun(_ id: String, _ body: String, _ decode: () throws -> Noun) rethrows -> Noun {
        let hash = body.hashValue
        if let known = state.withLock({ $0.nouns[id] }), known.hash == hash { return known.noun }
        let noun = try decode()
        state.withLock { state in
            if state.nouns.updateValue((hash, noun), forKey: id) == nil { state.order.append(id) }
            if state.order.count > size { state.nouns[state.order.removeFirst()] = nil }
        }
        return noun
    }
}
