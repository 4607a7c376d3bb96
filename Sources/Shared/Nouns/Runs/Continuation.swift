/// Whether a model that the gates could not decide on is what the next run starts from, as validation rows say.
///
/// Gate rows never choose it: they only fail it.
package struct Continuation: Codable, Hashable, Sendable {
    /// Whether the next run goes on from it.
    package var goesOn: Bool
    /// What was compared with the served model (the base, where nothing is served), and on how many validation rows.
    package var metric: MetricKey
    package var candidate: Double?
    package var reference: Double?
    package var rows: Int
    /// The finding in words.
    package var explanation: String

    package init(
        goesOn: Bool, metric: MetricKey, candidate: Double? = nil, reference: Double? = nil, rows: Int,
        explanation: String
    ) {
        self.goesOn = goesOn
        self.metric = metric
        self.candidate = candidate
        self.reference = reference
        self.rows = rows
        self.explanation = explanation
    }
}
