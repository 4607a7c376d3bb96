import Nouns

/// What can be removed without losing anything that is served, named, a parent, judged best, or still at work.
package struct GarbagePlan: Codable, Hashable, Sendable {
    package struct Item: Codable, Hashable, Sendable {
        package var path: String
        package var bytes: Int
        /// Why it is no longer needed.
        package var reason: String
        package init(path: String, bytes: Int, reason: String) {
            self.path = path
            self.bytes = bytes
            self.reason = reason
        }
    }
    package struct Kept: Codable, Hashable, Sendable {
        package var version: VersionID
        package var reason: String
        package init(version: VersionID, reason: String) {
            self.version = version
            self.reason = reason
        }
    }
    package var items: [Item]
    package var kept: [Kept]
    package var bytes: Int
    /// Whether the items are gone already.
    package var removed: Bool
    package init(items: [Item], kept: [Kept], removed: Bool) {
        self.items = items
        self.kept = kept
        bytes = items.reduce(0) { $0 + $1.bytes }
        self.removed = removed
    }
}
