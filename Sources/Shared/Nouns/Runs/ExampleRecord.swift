/// How one model did on one row of one set: the grain of every metric and every paired test.
package struct ExampleRecord: Codable, Hashable, Sendable {
    package var row: RowID
    package var set: SetName
    /// Summed loss over the labelled tokens, in nats.
    package var lossSum: Double
    package var tokens: Int
    /// Labelled tokens whose likeliest prediction was right.
    package var correctTokens: Int
    /// The same sum and count of the rejected answer, where the row has one.
    package var rejectedLossSum: Double?
    package var rejectedTokens: Int?
    /// UTF-8 bytes of the labelled text, for bits per byte.
    package var bytes: Int
    package var promptTokens: Int
    /// The prompt as a person would read it, shortened.
    package var prompt: String
    package var reference: String
    /// Greedy answer, where generation was asked for.
    package var output: String?
    /// Why the answer ended: `stop`, `length`, or `cut` (``cutAnswer``).
    package var finish: String?
    /// Nil where the answer was cut.
    package var outputTokens: Int?
    /// The true class, and log-probability of each class's text as the completion.
    package var label: String?
    package var labelScores: [String: Double]?
    /// The row's user fields, for slices.
    package var fields: [String: JSONValue]?
    package var drop: DropID?
    /// What the daemon computed of the answer, by metric: assertions, graders, evaluators' programs, memorisation.
    package var scores: [MetricKey: Double]?

    /// The ``finish`` of an answer whose beginning alone was generated: it could no longer become a class or what was
    /// wanted, and nobody reads its text.
    package static let cutAnswer = "cut"

    /// Whether ``output`` is the beginning of an answer alone.
    package var isCutShort: Bool { finish == Self.cutAnswer }

    /// The answer for a person to read: its beginning with an ellipsis where that is all there is.
    package var shownOutput: String? { isCutShort ? output.map { $0 + "…" } : output }

    package init(
        row: RowID, set: SetName, lossSum: Double, tokens: Int, correctTokens: Int, bytes: Int, promptTokens: Int,
        prompt: String, reference: String, output: String? = nil, finish: String? = nil, outputTokens: Int? = nil,
        label: String? = nil, labelScores: [String: Double]? = nil, fields: [String: JSONValue]? = nil,
        drop: DropID? = nil
    ) {
        self.row = row
        self.set = set
        self.lossSum = lossSum
        self.tokens = tokens
        self.correctTokens = correctTokens
        self.bytes = bytes
        self.promptTokens = promptTokens
        self.prompt = prompt
        self.reference = reference
        self.output = output
        self.finish = finish
        self.outputTokens = outputTokens
        self.label = label
        self.labelScores = labelScores
        self.fields = fields
        self.drop = drop
    }
}
