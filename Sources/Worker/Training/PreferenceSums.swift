import Nouns

/// What pairs show, summed up one by one.
struct PreferenceSums {
    /// Rewards nearer to each other than rounding is are equal: a fresh start must not seem to prefer anything.
    private static let rounding = 1e-5

    private let beta: Double
    private var pairs = 0
    private var loss = 0.0
    private var rewards = (chosen: 0.0, rejected: 0.0)
    private var logProbabilities = (chosen: 0.0, rejected: 0.0)
    private var preferred = 0.0
    private var error = 0.0

    init(beta: Double) { self.beta = beta }

    mutating func add(_ value: PreferenceLoss.Value, _ chosen: PreferenceLoss.Answer, _ rejected: PreferenceLoss.Answer)
    {
        pairs += 1
        loss += value.loss
        rewards.chosen += beta * chosen.ratio
        rewards.rejected += beta * rejected.ratio
        logProbabilities.chosen += chosen.logProbability
        logProbabilities.rejected += rejected.logProbability
        let margin = chosen.ratio - rejected.ratio
        let size = max(1, abs(chosen.logProbability), abs(rejected.logProbability))
        preferred += abs(margin) <= Self.rounding * size ? 0.5 : margin > 0 ? 1 : 0
        error += PreferenceLoss.sigmoid(rejected.logProbability - chosen.logProbability)
    }

    /// The means; nil where there were no pairs.
    var report: PreferenceReport? {
        guard pairs > 0 else { return nil }
        let count = Double(pairs)
        return PreferenceReport(
            pairs: pairs, loss: loss / count, chosenReward: rewards.chosen / count,
            rejectedReward: rewards.rejected / count, accuracy: preferred / count,
            chosenLogProbability: logProbabilities.chosen / count,
            rejectedLogProbability: logProbabilities.rejected / count, error: error / count)
    }
}
