/// One of the simplest alternatives beside the models that a verdict speaks of, by accuracy on the gate rows.
package struct YardstickFinding: Codable, Hashable, Sendable {
    /// How far a model lies above the alternative on the same rows, with one-sided bounds.
    package struct Lead: Codable, Hashable, Sendable {
        package var difference: Double
        package var lower: Double
        package var upper: Double
        package init(difference: Double, lower: Double, upper: Double) {
            self.difference = difference
            self.lower = lower
            self.upper = upper
        }
    }

    package var alternative: SimplestAlternative
    package var accuracy: Double
    /// Gate rows.
    package var rows: Int
    /// Training rows that it was fitted to.
    package var learnt: Int
    package var candidate: Lead
    /// Nil where nothing was served.
    package var served: Lead?
    package var base: Lead?
    package init(
        alternative: SimplestAlternative, accuracy: Double, rows: Int, learnt: Int, candidate: Lead,
        served: Lead? = nil, base: Lead? = nil
    ) {
        self.alternative = alternative
        self.accuracy = accuracy
        self.rows = rows
        self.learnt = learnt
        self.candidate = candidate
        self.served = served
        self.base = base
    }
}
