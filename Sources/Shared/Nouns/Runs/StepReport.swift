/// The figures of one optimizer step.
package struct StepReport: Codable, Hashable, Sendable {
    /// 1-based; `steps` is the last one planned.
    package var step: Int
    package var steps: Int
    package var epoch: Double
    /// Mean loss per labelled token of this step, in nats.
    package var loss: Double
    /// Global gradient norm before clipping.
    package var gradientNorm: Double
    package var learningRate: Double
    /// Tokens seen in this step as the rows have them (before sharing prefixes), and those carrying a label.
    package var tokens: Int
    package var labelTokens: Int
    package var tokensPerSecond: Double
    /// Peak resident memory so far, in bytes.
    package var memoryBytes: Int
    package var secondsLeft: Double?
    /// What the step's pairs show, where it had some; `loss` is then the mean of both kinds by their rows.
    package var preference: PreferenceReport?

    package init(
        step: Int, steps: Int, epoch: Double, loss: Double, gradientNorm: Double, learningRate: Double, tokens: Int,
        labelTokens: Int, tokensPerSecond: Double, memoryBytes: Int, secondsLeft: Double? = nil,
        preference: PreferenceReport? = nil
    ) {
        self.step = step
        self.steps = steps
        self.epoch = epoch
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.learningRate = learningRate
        self.tokens = tokens
        self.labelTokens = labelTokens
        self.tokensPerSecond = tokensPerSecond
        self.memoryBytes = memoryBytes
        self.secondsLeft = secondsLeft
        self.preference = preference
    }
}
