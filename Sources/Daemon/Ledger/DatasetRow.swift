import Nouns

/// What the ledger keeps of one row of a dataset; its content is in the shard.
package struct DatasetRow: Hashable, Sendable {
    package var id: RowID
    /// 1-based line in the drop that brought it.
    package var line: Int
    package var split: Split
    package var label: String?
    /// Key of the normalised prompt, and of the answer: equal prompts with unequal answers contradict each other.
    package var promptKey: String?
    package var answerKey: String?

    package init(
        id: RowID, line: Int, split: Split, label: String? = nil, promptKey: String? = nil, answerKey: String? = nil
    ) {
        self.id = id
        self.line = line
        self.split = split
        self.label = label
        self.promptKey = promptKey
        self.answerKey = answerKey
    }
}
