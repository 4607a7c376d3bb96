import Nouns

/// What one batch of a drop brings, to be written in one transaction.
package struct DatasetBatch: Sendable {
    package var rows: [DatasetRow] = []
    /// Rows that the dataset has already, with their lines.
    package var duplicates: [(id: RowID, line: Int)] = []
    package var setAside: [SetAsideRow] = []
    /// Sides decided now. Those of prompts are kept as their rows are.
    package var sides = Sides()

    package init() {}
}
