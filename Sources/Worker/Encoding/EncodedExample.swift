/// A row as the trainer takes it: token ids, and which of them the model is to learn to predict.
package struct EncodedExample: Sendable, Equatable {
    /// The tokens of the row.
    package var ids: [Int32]
    /// Whether token i is a label, that is, to be predicted from the tokens before it. As long as `ids`; the first is
    /// never one.
    package var labels: [Bool]
    /// Tokens that were cut off at the end to fit the length.
    package var truncated: Int

    package init(ids: [Int32], labels: [Bool], truncated: Int = 0) {
        self.ids = ids
        self.labels = labels
        self.truncated = truncated
        if !self.labels.isEmpty { self.labels[0] = false }
    }

    /// The number of labels.
    package var labelCount: Int { labels.reduce(0) { $1 ? $0 + 1 : $0 } }
}
