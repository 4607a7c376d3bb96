import Nouns

/// What two snapshots have not in common, for `ftctl data diff A B`.
package struct SnapshotDifference: Codable, Hashable, Sendable {
    package struct Side: Codable, Hashable, Sendable {
        package var snapshot: SnapshotID
        /// Drops, and rows by split, that the other has not.
        package var drops: [DropID]
        package var rows: [Split: Int]
        /// The first of these rows.
        package var examples: [Split: [RowID]]
        package init(snapshot: SnapshotID, drops: [DropID], rows: [Split: Int], examples: [Split: [RowID]]) {
            self.snapshot = snapshot
            self.drops = drops
            self.rows = rows
            self.examples = examples
        }
    }
    package var a: Side
    package var b: Side
    /// Rows that both have on the same side.
    package var shared: [Split: Int]
    package init(a: Side, b: Side, shared: [Split: Int]) {
        self.a = a
        self.b = b
        self.shared = shared
    }
}
