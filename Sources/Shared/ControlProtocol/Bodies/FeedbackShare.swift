/// What people said of the answers of one version.
package struct FeedbackShare: Codable, Hashable, Sendable {
    package var good: Int
    package var bad: Int
    /// Bounds of the bad share that hold at all looks together, with 95 %.
    package var lower: Double
    package var upper: Double

    package init(good: Int, bad: Int, lower: Double, upper: Double) {
        (self.good, self.bad, self.lower, self.upper) = (good, bad, lower, upper)
    }

    /// The share of bad answers.
    package var badShare: Double { good + bad == 0 ? 0 : Double(bad) / Double(good + bad) }
}
