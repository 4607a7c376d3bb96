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
    /// The simplest alternatives on the same gate rows, where rows have classes.
    package var yardstick: [YardstickFinding]?
    /// Whether the next run goes on from a model that the gates could not decide on; nil where that was not asked.
    package var continuation: Continuation?
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
