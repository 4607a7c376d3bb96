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
