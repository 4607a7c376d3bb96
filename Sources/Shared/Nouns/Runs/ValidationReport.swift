/// Loss on the validation split at one step.
package struct ValidationReport: Codable, Hashable, Sendable {
    package var step: Int
    package var loss: Double
    package var tokenAccuracy: Double
    /// Whether this is the lowest loss so far; the best checkpoint follows it.
    package var best: Bool
    package init(step: Int, loss: Double, tokenAccuracy: Double, best: Bool) {
        self.step = step
        self.loss = loss
        self.tokenAccuracy = tokenAccuracy
        self.best = best
    }
}
