/// What an evaluator's program said of one model.
package struct EvaluatorOutcome: Codable, Hashable, Sendable {
    /// The figures of the whole set.
    package var metrics: [String: Double]
    /// JSON lines of ``EvaluatorRow``, where the program gave scores by row.
    package var rows: FileReference?
    /// Why there are no figures: it could not be run, took too long, failed, or wrote something else.
    package var failure: Failure?
    package var seconds: Double
    package init(
        metrics: [String: Double] = [:], rows: FileReference? = nil, failure: Failure? = nil, seconds: Double = 0
    ) {
        self.metrics = metrics
        self.rows = rows
        self.failure = failure
        self.seconds = seconds
    }
}

/// The scores that a program gave one row, by name.
package struct EvaluatorRow: Codable, Hashable, Sendable {
    package var row: RowID
    package var scores: [String: Double]
    package init(row: RowID, scores: [String: Double]) {
        self.row = row
        self.scores = scores
    }
}
