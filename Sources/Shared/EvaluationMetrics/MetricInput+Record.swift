import Nouns

extension MetricInput {
    /// What metrics see of a record.
    package init(_ record: ExampleRecord) {
        self.init(
            lossSum: record.lossSum, tokens: record.tokens, correctTokens: record.correctTokens,
            rejectedLossSum: record.rejectedLossSum, bytes: record.bytes, reference: record.reference,
            output: record.output, isBeginning: record.isCutShort, outputTokens: record.outputTokens,
            isCut: record.isCutShort ? nil : record.finish.map { $0 == "length" },
            label: record.label, labelScores: record.labelScores, scores: record.scores ?? [:])
    }
}
