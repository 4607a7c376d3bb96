import Nouns

/// What `ftctl data show` shows: one of a drop, a snapshot and a row.
package struct DataSubject: Codable, Hashable, Sendable {
    package var drop: DropSummary?
    package var report: DataReport?
    package var snapshot: SnapshotSummary?
    package var row: Row?
    package init(
        drop: DropSummary? = nil, report: DataReport? = nil, snapshot: SnapshotSummary? = nil, row: Row? = nil
    ) {
        self.row = row
        self.drop = drop
        self.report = report
        self.snapshot = snapshot
    }
}
