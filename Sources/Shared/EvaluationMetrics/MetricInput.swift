import Nouns

/// What a metric may look at: how one model did on one row.
package struct MetricInput: Sendable {
    /// Summed loss over the labelled tokens, in nats.
    package var lossSum: Double
    /// Labelled tokens, and how many of them were predicted right.
    package var tokens: Int
    package var correctTokens: Int
    /// Summed loss over the rejected answer's tokens, where the row has one.
    package var rejectedLossSum: Double?
    /// UTF-8 bytes of the labelled text.
    package var bytes: Int
    /// The wanted answer.
    package var reference: String
    /// The generated answer, where there is one.
    package var output: String?
    /// Whether that is the beginning of an answer alone, which says whether it is right and nothing else.
    package var isBeginning: Bool
    package var outputTokens: Int?
    /// Whether the answer ended because it may not be longer.
    package var isCut: Bool?
    /// The true class, and the log-probability of each class's text.
    package var label: String?
    package var labelScores: [String: Double]?
    /// What was computed of the answer elsewhere, by metric: `assertions`, `schema`, `memorized`, `grader:NAME`,
    /// `evaluator:NAME`.
    package var scores: [MetricKey: Double]

    /// Makes a row's input.
    package init(
        lossSum: Double = 0, tokens: Int = 0, correctTokens: Int = 0, rejectedLossSum: Double? = nil, bytes: Int = 0,
        reference: String = "", output: String? = nil, isBeginning: Bool = false, outputTokens: Int? = nil,
        isCut: Bool? = nil,
        label: String? = nil, labelScores: [String: Double]? = nil,
        scores: [MetricKey: Double] = [:]
    ) {
        self.lossSum = lossSum
        self.tokens = tokens
        self.correctTokens = correctTokens
        self.rejectedLossSum = rejectedLossSum
        self.bytes = bytes
        self.reference = reference
        self.output = output
        self.isBeginning = isBeginning
        self.outputTokens = outputTokens
        self.isCut = isCut
        self.label = label
        self.labelScores = labelScores
        self.scores = scores
    }

    /// How much likelier the preferred answer is than the rejected one, in nats; nil where the row is no pair, or a
    /// loss is no number.
    var preferenceMargin: Double? {
        rejectedLossSum.flatMap { ($0 - lossSum).isFinite ? $0 - lossSum : nil }
    }

    /// The whole answer; nil where there is none, or only its beginning.
    var text: String? { isBeginning ? nil : output }

    /// The class that the answer names: the answer without white space at its ends.
    var answeredLabel: String? { label == nil ? nil : output.map(TextMatch.trimmed) }

    /// The likeliest class with its probability among all; the first by name among equals.
    var likeliest: (label: String, probability: Double)? {
        guard label != nil, let scores = labelScores?.sorted(by: { $0.key < $1.key }),
            let shares = Likelihoods.shares(scores.map(\.value)), let best = shares.max(),
            let place = shares.firstIndex(of: best)
        else { return nil }
        return (scores[place].key, best)
    }
}
