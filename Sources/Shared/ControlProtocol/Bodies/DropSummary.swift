import Nouns

/// A drop with its rows by side, and how many of them are kept out, by reason.
package struct DropSummary: Codable, Hashable, Sendable {
    package var drop: Drop
    package var rows: [Split: Int]
    package var removed: [String: Int]
    package init(drop: Drop, rows: [Split: Int], removed: [String: Int]) {
        self.drop = drop
        self.rows = rows
        self.removed = removed
    }
}
