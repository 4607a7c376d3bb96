/// Where something came from and what became of it: row, drops, snapshots, runs, versions, whichever of them was asked
/// about.
package struct DataLineage: Codable, Hashable, Sendable {
    /// A line of a drop that the row stood in.
    package struct Place: Codable, Hashable, Sendable {
        package var drop: DropID
        package var line: Int
        package var split: Split?
        package var state: Drop.State
        package init(drop: DropID, line: Int, split: Split?, state: Drop.State) {
            self.drop = drop
            self.line = line
            self.split = split
            self.state = state
        }
    }

    /// A snapshot, and on which of its sides.
    package struct Use: Codable, Hashable, Sendable {
        package var snapshot: SnapshotID
        package var splits: [Split]
        package init(snapshot: SnapshotID, splits: [Split]) {
            self.snapshot = snapshot
            self.splits = splits
        }
    }

    package var subject: String
    /// `row`, `drop`, `snapshot`, `run` or `version`.
    package var kind: String
    /// Of a row: every place that it came from.
    package var places: [Place] = []
    /// Why a row is kept out, where it is.
    package var setAside: [SetAsideRow] = []
    package var drops: [DropID] = []
    package var snapshots: [Use] = []
    package var runs: [RunID] = []
    /// Versions made from these runs, and those that continue from them.
    package var versions: [VersionID] = []
    package init(subject: String, kind: String) {
        self.subject = subject
        self.kind = kind
    }
}
