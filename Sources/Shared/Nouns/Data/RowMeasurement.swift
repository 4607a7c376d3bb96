/// How many tokens one row takes, as a worker's measure task writes it: one a line of `measure.jsonl`, in the order of
/// the rows.
package struct RowMeasurement: Codable, Hashable, Sendable {
    /// Why a row cannot be trained on.
    package enum Obstacle: String, Codable, Hashable, Sendable {
        /// What is to be learnt begins beyond the length.
        case tooLong = "too_long"
        /// Nothing in it is to be learnt.
        case noLabels = "no_labels"
        /// The chat template cannot write it.
        case template
    }

    package var row: RowID
    /// Where the row came from: its drop, its line and, of a folder, its file.
    package var drop: DropID
    package var line: Int
    package var file: String?
    /// Tokens that are kept, and those of them that are labels.
    package var tokens: Int
    package var labels: Int
    /// Tokens beyond the length, which would be cut off.
    package var truncated: Int
    /// Why the row cannot be trained on, where it cannot, in words and as a code.
    package var problem: String?
    package var obstacle: Obstacle?

    package init(
        row: RowID, drop: DropID, line: Int, file: String? = nil, tokens: Int = 0, labels: Int = 0, truncated: Int = 0,
        problem: String? = nil,
        obstacle: Obstacle? = nil
    ) {
        self.row = row
        self.drop = drop
        self.line = line
        self.file = file
        self.tokens = tokens
        self.labels = labels
        self.truncated = truncated
        self.problem = problem
        self.obstacle = obstacle
    }
}
