import Nouns
import Synchronization

/// What versions have learnt, as far as it was asked for: it never changes, and it is asked for at each pass.
final class LineageCache: Sendable {
    /// What is known of one version.
    struct Entry {
        var chain: [(version: ModelVersion, run: Run)] = []
        var drops: Set<DropID> = []
    }

    /// Versions that are remembered: each pipeline asks for the one that it serves, whose successor is made from it.
    private static let size = 24

    private struct Entries {
        var byVersion: [VersionID: Entry] = [:]
        var order: [VersionID] = []
    }
    private let entries = Mutex(Entries())

    subscript(_ version: VersionID) -> Entry? { entries.withLock { $0.byVersion[version] } }

    func keep(_ entry: Entry, of version: VersionID) {
        entries.withLock { entries in
            if entries.byVersion.updateValue(entry, forKey: version) == nil { entries.order.append(version) }
            if entries.order.count > Self.size { entries.byVersion[entries.order.removeFirst()] = nil }
        }
    }
}
