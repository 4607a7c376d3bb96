import Nouns

/// What a job shows beyond what OpenAI's jobs do: its pipeline and run, and what came of the gates.
package struct JobDetails: Codable, Hashable, Sendable {
    /// One gate: how the new model compares with what was served, and the bounds that the gate went by.
    package struct Gate: Codable, Hashable, Sendable {
        package var metric: String
        /// How much better it is, or its own value where nothing is compared.
        @OrNull package var estimate: Double?
        @OrNull package var low: Double?
        @OrNull package var high: Double?
        package var passed: Bool
        package init(metric: String, estimate: Double?, low: Double?, high: Double?, passed: Bool) {
            self.metric = metric
            self.estimate = estimate
            self.low = low
            self.high = high
            self.passed = passed
        }
    }

    package var pipeline: String
    @OrNull package var run: String?
    @OrNull package var version: String?
    /// `pass`, `fail` or `inconclusive`.
    @OrNull package var verdict: String?
    package var gates: [Gate] = []
    /// Since when its version is served; null where it is not.
    @OrNull package var served_since: Int?
    /// Where the report is, on this API.
    @OrNull package var report: String?
    /// The peak learning rate; null while it is being looked for.
    @OrNull package var learning_rate: Double?
    /// Passes over the rows, which may be a fraction.
    @OrNull package var epochs: Double?
    /// Who paused it; null where it is not paused.
    @OrNull package var paused_by: String?

    package init(pipeline: String) { self.pipeline = pipeline }
}
