import Foundation

/// The judgement of one run, with every number that was used; kept for ever.
package struct Verdict: Codable, Hashable, Sendable {
    package enum Outcome: String, Codable, Hashable, Sendable { case pass, fail, inconclusive }

    package var outcome: Outcome
    /// One sentence for a listing.
    package var summary: String
    package var gates: [GateResult]
    /// What to try next, most promising first, when it did not pass.
    package var advice: [Advice]
    /// Version that the candidate was compared with (nil: the base, since nothing is served yet).
    package var baseline: VersionID?
    /// Figures by model and set.
    package var figures: [ModelRole: [SetName: [MetricKey: Double]]]
    /// Confusion counts on the gate set by true, then predicted class, where the data has classes.
    package var confusion: [String: [String: Int]]?
    /// Seed of the bootstrap.
    package var seed: UInt64
    package var judgedAt: Date

    package init(
        outcome: Outcome, summary: String, gates: [GateResult], advice: [Advice] = [], baseline: VersionID? = nil,
        figures: [ModelRole: [SetName: [MetricKey: Double]]] = [:], confusion: [String: [String: Int]]? = nil,
        seed: UInt64 = 0, judgedAt: Date
    ) {
        self.outcome = outcome
        self.summary = summary
        self.gates = gates
        self.advice = advice
        self.baseline = baseline
        self.figures = figures
        self.confusion = confusion
        self.seed = seed
        self.judgedAt = judgedAt
    }
}

/// The result of one gate.
package struct GateResult: Codable, Hashable, Sendable {
    /// The rule as configured, such as `accuracy not worse than served by more than 0.02`.
    package var rule: String
    /// `value`, `change`, `non_inferiority`, `superiority`, `integrity`, `artefact`, `golden`, `memorisation`,
    /// `forgetting`, `evaluator`.
    package var kind: String
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
        rule: String, kind: String, set: SetName, metric: MetricKey, slice: String? = nil, outcome: Verdict.Outcome,
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

/// One thing to try after a run that did not pass.
package struct Advice: Codable, Hashable, Sendable {
    /// `more_data`, `lower_learning_rate`, `higher_learning_rate`, `more_regularisation`, `replay`, `from_base`,
    /// `more_gate_rows`, `longer_answers`, `nothing_to_gain`, `train_longer`, `check`.
    package var action: String
    package var reason: String
    package var figures: [String: Double]
    package init(action: String, reason: String, figures: [String: Double] = [:]) {
        self.action = action
        self.reason = reason
        self.figures = figures
    }
}
