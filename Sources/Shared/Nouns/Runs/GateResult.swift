/// The result of one gate.
package struct GateResult: Codable, Hashable, Sendable {
    /// What a gate asks.
    package enum Kind: String, Codable, Hashable, Sendable {
        /// Whether the candidate's own value is within bounds.
        case value
        /// Whether it changed as a rule asks, where the rows for that are missing.
        case change
        /// Whether it is not worse than the reference by more than a margin.
        case nonInferiority = "non_inferiority"
        /// Whether it is better than the reference.
        case superiority
        /// Whether it may follow what is served without falling below the anchor.
        case stream
        /// Whether every row has sound scores.
        case integrity
        /// Whether the bytes that would be served are those that were judged.
        case artefact
        /// Whether rows of a golden file still hold.
        case golden
        /// Whether planted secrets were learnt by heart.
        case memorisation
        /// Whether what the base could do is still there.
        case forgetting
        /// Whether a program of the pipeline's answered.
        case evaluator
        /// Whether it is better than the simplest alternatives.
        case yardstick
    }

    /// The rule as configured, such as `accuracy not worse than served by more than 0.02`.
    package var rule: String
    package var kind: Kind
    package var set: SetName
    package var metric: MetricKey
    package var slice: String?
    package var outcome: Verdict.Outcome
    package var candidate: Double?
    package var reference: Double?
    /// Candidate minus reference, oriented so that positive is better.
    package var difference: Double?
    /// One-sided lower bound of `difference` at `confidence`.
    package var lowerBound: Double?
    package var upperBound: Double?
    package var confidence: Double?
    package var margin: Double?
    package var pValue: Double?
    /// Rows the comparison rests on, and how many would decide it where it is inconclusive.
    package var rows: Int
    package var rowsNeeded: Int?
    /// The finding in words.
    package var explanation: String

    package init(
        rule: String, kind: Kind, set: SetName, metric: MetricKey, slice: String? = nil, outcome: Verdict.Outcome,
        candidate: Double? = nil, reference: Double? = nil, difference: Double? = nil, lowerBound: Double? = nil,
        upperBound: Double? = nil, confidence: Double? = nil, margin: Double? = nil, pValue: Double? = nil, rows: Int,
        rowsNeeded: Int? = nil, explanation: String
    ) {
        self.rule = rule
        self.kind = kind
        self.set = set
        self.metric = metric
        self.slice = slice
        self.outcome = outcome
        self.candidate = candidate
        self.reference = reference
        self.difference = difference
        self.lowerBound = lowerBound
        self.upperBound = upperBound
        self.confidence = confidence
        self.margin = margin
        self.pValue = pValue
        self.rows = rows
        self.rowsNeeded = rowsNeeded
        self.explanation = explanation
    }
}
