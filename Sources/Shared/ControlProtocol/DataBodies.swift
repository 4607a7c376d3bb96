import Foundation
import Nouns

/// The drops and snapshots of a pipeline's dataset, for `ftctl data list`.
package struct DataListing: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    package var rows: [Split: Int]
    package var removed: [String: Int]
    package var drops: [DropSummary]
    package var snapshots: [SnapshotSummary]
    package init(
        pipeline: PipelineName, rows: [Split: Int], removed: [String: Int], drops: [DropSummary],
        snapshots: [SnapshotSummary]
    ) {
        self.pipeline = pipeline
        self.rows = rows
        self.removed = removed
        self.drops = drops
        self.snapshots = snapshots
    }
}

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

/// What `ftctl data show` shows: one of a drop and a snapshot.
package struct DataSubject: Codable, Hashable, Sendable {
    package var drop: DropSummary?
    package var report: DataReport?
    package var snapshot: SnapshotSummary?
    package init(drop: DropSummary? = nil, report: DataReport? = nil, snapshot: SnapshotSummary? = nil) {
        self.drop = drop
        self.report = report
        self.snapshot = snapshot
    }
}

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

/// Asks for a drop to be withdrawn.
package struct RevokeRequest: Codable, Hashable, Sendable {
    package var reason: String
    /// Also removes its bytes: the original, its rows, and the files made from them.
    package var erase: Bool
    package init(reason: String, erase: Bool = false) {
        self.reason = reason
        self.erase = erase
    }
}

/// What a withdrawal did, and which models were trained on what is withdrawn.
package struct RevokeAnswer: Codable, Hashable, Sendable {
    package var drop: DropID
    /// Rows that are in no future snapshot, and rows that stay because another drop brought them too.
    package var rowsWithdrawn: Int
    package var rowsKept: Int
    /// Every version that was trained on its rows, itself or in what it continues from.
    package var versions: [VersionID]
    /// That of them which is served now.
    package var served: VersionID?
    /// Runs that were not over and learn from or are judged on its rows; they are cancelled.
    package var cancelled: [RunID]
    package var erasedBytes: Int
    package init(
        drop: DropID, rowsWithdrawn: Int, rowsKept: Int, versions: [VersionID], served: VersionID? = nil,
        cancelled: [RunID] = [], erasedBytes: Int = 0
    ) {
        self.drop = drop
        self.rowsWithdrawn = rowsWithdrawn
        self.rowsKept = rowsKept
        self.versions = versions
        self.served = served
        self.cancelled = cancelled
        self.erasedBytes = erasedBytes
    }
}
