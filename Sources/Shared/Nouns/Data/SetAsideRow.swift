/// A row that is kept out of training, of judging, or of the dataset as a whole, and why; its bytes stay in the drop.
package struct SetAsideRow: Codable, Hashable, Sendable {
    package enum Reason: String, Codable, Hashable, Sendable, CaseIterable {
        /// Its prompt and its group were on different sides already: on either it would leak.
        case splitConflict = "split_conflict"
        /// Nearly the same as a gate row, which judges.
        case nearDuplicateOfGate = "near_duplicate_of_gate"
        /// Personal data or a secret, in a pipeline that rejects them.
        case sensitive
        /// Nearly the same as an earlier training row, in a pipeline that removes those.
        case nearDuplicate = "near_duplicate"
        /// Repeats itself too much, in a pipeline that removes such rows.
        case repetition
        /// A gate row with a class whose prompt came again with another one: the newest judges.
        case superseded

        /// Whether the row is in no shard at all; the others are in a shard and left out of training when a snapshot is
        /// made, or out of judging.
        package var isOutsideDataset: Bool { [.splitConflict, .sensitive].contains(self) }
    }

    package var id: RowID
    package var reason: Reason
    package var drop: DropID
    package var line: Int
    /// The row because of which it is kept out, and how similar the two are.
    package var other: RowID?
    package var score: Double?
    /// The drop of the row because of which it is kept out, where that is a later one.
    package var otherDrop: DropID?

    package init(
        id: RowID, reason: Reason, drop: DropID, line: Int, other: RowID? = nil, score: Double? = nil,
        otherDrop: DropID? = nil
    ) {
        self.id = id
        self.reason = reason
        self.drop = drop
        self.line = line
        self.other = other
        self.score = score
        self.otherDrop = otherDrop
    }
}
