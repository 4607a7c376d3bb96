import Foundation

/// Means over pairs of a preferred and a rejected answer, as TRL reports them.
package struct PreferenceReport: Codable, Hashable, Sendable {
    package var pairs: Int
    /// The pairs' own loss, without the cross-entropy of `sft_weight`.
    package var loss: Double
    /// β · (log-probability − the reference's) of the preferred answers and of the rejected ones.
    package var chosenReward: Double
    package var rejectedReward: Double
    /// Share of pairs whose preferred answer has the higher reward, ties half.
    package var accuracy: Double
    /// Summed log-probability of an answer's labelled tokens, in nats.
    package var chosenLogProbability: Double
    package var rejectedLogProbability: Double
    /// The chance that a model that has to give one of a pair's two answers gives the rejected one; it depends on no
    /// `beta` and no loss, so that trials can be compared by it.
    package var error: Double
    /// The share of the rows that are pairs.
    package var share: Double
    /// The mean loss a labelled token of the other rows, where there are some.
    package var answerLoss: Double?

    /// How far the preferred answers' reward lies above the rejected ones'.
    package var margin: Double { chosenReward - rejectedReward }

    /// The figures in a line: `rewards +0.09 and -0.06, margin 0.15, accuracy 0.75, log-probabilities -36.1 and -60.5`,
    /// the chosen answers' before the rejected ones'.
    package var summary: String {
        func signed(_ value: Double) -> String { String(format: "%+.3g", value) }
        func number(_ value: Double) -> String { String(format: "%.4g", value) }
        return """
            rewards \(signed(chosenReward)) and \(signed(rejectedReward)), margin \(number(margin)), accuracy \
            \(number(accuracy)), log-probabilities \(number(chosenLogProbability)) and \
            \(number(rejectedLogProbability))
            """
    }

    package init(
        pairs: Int, loss: Double, chosenReward: Double, rejectedReward: Double, accuracy: Double,
        chosenLogProbability: Double, rejectedLogProbability: Double, error: Double, share: Double = 1,
        answerLoss: Double? = nil
    ) {
        self.pairs = pairs
        self.loss = loss
        self.chosenReward = chosenReward
        self.rejectedReward = rejectedReward
        self.accuracy = accuracy
        self.chosenLogProbability = chosenLogProbability
        self.rejectedLogProbability = rejectedLogProbability
        self.error = error
        self.share = share
        self.answerLoss = answerLoss
    }
}
