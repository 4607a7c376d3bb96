/// The curve of a learning-rate range test.
package struct RangeTestResult: Codable, Hashable, Sendable {
    package var suggested: Double
    package var learningRates: [Double]
    package var losses: [Double]
    package var smoothed: [Double]
    /// Why this value, in words.
    package var reason: String
    /// Whether most rows were pairs of answers, whose rates are lower.
    package var ofPairs: Bool?
    package init(
        suggested: Double, learningRates: [Double], losses: [Double], smoothed: [Double], reason: String,
        ofPairs: Bool? = nil
    ) {
        self.suggested = suggested
        self.learningRates = learningRates
        self.losses = losses
        self.smoothed = smoothed
        self.reason = reason
        self.ofPairs = ofPairs
    }
}
