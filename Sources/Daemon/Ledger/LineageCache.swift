import Nouns
import Synchronization

/// What versions have learnt, as far as it was asked for: it never changes, and it is asked for at each pass.
final class LineageCache: Sendable {
    /// What is known of one version.
    struct Entry {
        var chain: [(version: ModelVersion, run: Run)]
        var drops: Set<DropID>
    }

    /// Versions that are remembered: each pipeline asks for the one that it serves.
    private static let size = 64

    private struct Entries {
        var byVersion: [VersionID: Entry] = [:]
        var order: [VersionID] = []
    }
    private let entries = Mutex(Entries())

    /// The entry of a version, made by `make` where it is not known.
    func entry(_ version: VersionID, _ make: () throws -> Entry) rethrows -> Entry {
        if let known = entries.withLock({ $0.byVersion[version] }) { return known }
        let made = try make()
        entries.withLock { entries in
            if entries.byVersion.updateValue(made, forKey: version) == nil { entries.order.append(version) }
            if entries.order.count > Self.size { entries.byVersion[entries.order.removeFirst()] = nil }
        }
        return made
    }
}
