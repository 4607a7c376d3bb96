/// A closed interval of real numbers, such as a confidence interval.
package struct Interval: Sendable, Hashable, Codable {
    /// The lower end.
    package var lower: Double
    /// The upper end.
    package var upper: Double

    /// Makes an interval from its ends.
    package init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}
