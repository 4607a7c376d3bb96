/// The outcome of scoring one set.
package struct EvaluationResult: Codable, Hashable, Sendable {
    package var rows: Int
    package var figures: [MetricKey: Double]
    /// JSON lines of ``ExampleRecord``.
    package var examples: FileReference
    package var seconds: Double
    /// What was found in the model's bytes; nil from a worker that does not look.
    package var inspection: ModelInspection?
    package init(
        rows: Int, figures: [MetricKey: Double], examples: FileReference, seconds: Double,
        inspection: ModelInspection? = nil
    ) {
        self.inspection = inspection
        self.rows = rows
        self.figures = figures
        self.examples = examples
        self.seconds = seconds
    }
}
