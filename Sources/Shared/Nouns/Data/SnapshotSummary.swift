/// A snapshot with the runs and versions made on it.
package struct SnapshotSummary: Codable, Hashable, Sendable {
    package var snapshot: Snapshot
    package var runs: [RunID]
    package var versions: [VersionID]
    package init(snapshot: Snapshot, runs: [RunID], versions: [VersionID]) {
        self.snapshot = snapshot
        self.runs = runs
        self.versions = versions
    }
}
