/// Loss on the validation split at one step.
package struct ValidationReport: Codable, Hashable, Sendable {
    package var step: Int
    package var loss: Double
    package var tokenAccuracy: Double
    /// Whether this is the lowest loss so far; the best checkpoint follows it.
    package var best: Bool
    /// What the validation pairs show, where there are some; `loss` is then the mean of both kinds by their rows.
    package var preference: PreferenceReport?
    /// The mean loss a labelled token, chosen answers' among them, where pairs make `loss` another thing.
    package var tokenLoss: Double?
    /// What is left to gain by the run's ``EnoughRule``, where it has one.
    package var left: Double?
    package init(
        step: Int, loss: Double, tokenAccuracy: Double, best: Bool, preference: PreferenceReport? = nil,
        tokenLoss: Double? = nil
    ) {
        self.step = step
        self.loss = loss
        self.tokenAccuracy = tokenAccuracy
        self.best = best
        self.preference = preference
        self.tokenLoss = tokenLoss
    }
}
