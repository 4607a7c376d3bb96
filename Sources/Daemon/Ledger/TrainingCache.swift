import Nouns
import Synchronization

/// What snapshots train on, as far as it was asked for.
final class TrainingCache: Sendable {
    typealias Entry = (rows: Int, drops: [DropID])

    /// Snapshots that are remembered: as many as reports look back.
    private static let size = 256

    private struct State {
        var entries: [SnapshotID: Entry] = [:]
        var order: [SnapshotID] = []
    }
    private let state = Mutex(State())

    /// The entry of a snapshot, made by `make` where it is not known; nil where there is none.
    func entry(_ id: SnapshotID, _ make: () throws -> Entry?) rethrows -> Entry? {
        if let known = state.withLock({ $0.entries[id] }) { return known }
        guard let made = try make() else { return nil }
        state.withLock { state in
            if state.entries.updateValue(made, forKey: id) == nil { state.order.append(id) }
            if state.order.count > Self.size { state.entries[state.order.removeFirst()] = nil }
        }
        return made
    }
}
