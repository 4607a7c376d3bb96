import Nouns

/// A version with all that is known of it now.
package struct VersionSummary: Codable, Hashable, Sendable {
    package var version: ModelVersion
    /// `current`, `previous` and people's own names.
    package var aliases: [String]
    /// Whether it was promoted against its verdict.
    package var forced: Bool
    /// The verdict on the run that made it.
    package var verdict: String?
    /// Its figures on the gate set when it was judged.
    package var figures: [MetricKey: Double]
    package var exports: [ExportRecord]
    /// False once `ftctl gc` has removed its files; the record stays.
    package var present: Bool
    /// What people said of its answers; nil where nobody has rated any that is kept.
    package var feedback: FeedbackShare?

    package init(
        version: ModelVersion, aliases: [String], forced: Bool, verdict: String?, figures: [MetricKey: Double],
        exports: [ExportRecord], present: Bool, feedback: FeedbackShare? = nil
    ) {
        self.version = version
        self.aliases = aliases
        self.forced = forced
        self.verdict = verdict
        self.figures = figures
        self.exports = exports
        self.present = present
        self.feedback = feedback
    }
}
