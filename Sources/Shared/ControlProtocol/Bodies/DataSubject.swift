import Nouns

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
