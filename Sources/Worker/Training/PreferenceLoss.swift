import Foundation
import Nouns

/// The loss of one pair and its derivatives, as TRL 1.x computes it.
///
/// Another loss of pairs is one more case; one without a reference (SimPO, ORPO) does not look at it. A loss of single
/// answers (KTO) would be one more kind of ``TrainingExample``.
struct PreferenceLoss {
    /// One answer as the model and the reference see it.
    struct Answer {
        /// Summed log-probability of its labelled tokens.
        var logProbability: Double
        var reference: Double
        /// Labelled tokens.
        var tokens: Int

        var ratio: Double { logProbability - reference }
    }

    struct Value {
        var loss: Double
        /// The derivatives by the two answers' log-probabilities.
        var chosenSlope: Double
        var rejectedSlope: Double
    }

    let kind: PreferenceRecipe.Loss
    let beta: Double
    let smoothing: Double

    init(_ recipe: Recipe) {
        kind = recipe.preferenceLoss
        beta = recipe.beta
        smoothing = recipe.preferenceSmoothing
    }

    func value(chosen: Answer, rejected: Answer) -> Value {
        // Lengths count in the losses a token alone.
        let isPerToken = kind == .ipo || kind == .sigmoidNorm
        let (long, short) = isPerToken ? (Double(max(1, chosen.tokens)), Double(max(1, rejected.tokens))) : (1, 1)
        let margin = chosen.ratio / long - rejected.ratio / short
        let scaled = beta * margin
        let loss: Double
        // By the margin.
        let slope: Double
        switch kind {
        case .sigmoid, .sigmoidNorm:
            loss = Self.softplus(-scaled)
            slope = -beta * Self.sigmoid(-scaled)
        case .hinge:
            loss = max(0, 1 - scaled)
            slope = scaled < 1 ? -beta : 0
        case .ipo:
            let distance = margin - 1 / (2 * beta)
            loss = distance * distance
            slope = 2 * distance
        case .robust:
            let clean = (1 - smoothing) * Self.softplus(-scaled)
            let flipped = smoothing * Self.softplus(scaled)
            loss = (clean - flipped) / (1 - 2 * smoothing)
            let slopes = (1 - smoothing) * Self.sigmoid(-scaled) + smoothing * Self.sigmoid(scaled)
            slope = -beta * slopes / (1 - 2 * smoothing)
        }
        return Value(loss: loss, chosenSlope: slope / long, rejectedSlope: -slope / short)
    }

    /// log(1 + eˣ), for any x.
    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

    /// 1 / (1 + e⁻ˣ), for any x.
    static func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
}
