import EvaluationMetrics
import Statistics

/// How a pipeline is judged that promotes again and again: each verdict may be right and the sequence still drift.
///
/// A candidate is promoted on good grounds, and what is served is asked again whenever there are more gate rows.
/// The anchor is the last version that was shown to be better than the anchor before it. Pure.
package enum StreamRules {
    /// Two models on the same rows: what is known of the difference, positive being better.
    package struct Difference: Sendable {
        package var difference: Double
        package var standardError: Double
        /// The p-value of "the true difference is not above", for claims.
        package var pValue: @Sendable (Double) -> Double
        /// The same as an estimate.
        package var estimatedPValue: @Sendable (Double) -> Double

        /// Makes the difference out of what is known of it.
        package init(
            difference: Double, standardError: Double, pValue: @escaping @Sendable (Double) -> Double,
            estimatedPValue: @escaping @Sendable (Double) -> Double
        ) {
            (self.difference, self.standardError) = (difference, standardError)
            (self.pValue, self.estimatedPValue) = (pValue, estimatedPValue)
        }

        /// The difference under any metric.
        package init(_ found: PairedComparison) {
            difference = found.difference
            standardError = found.standardError
            pValue = { found.pValue(above: $0) }
            estimatedPValue = { found.estimatedPValue(above: $0) }
        }

        /// The difference of right or wrong answers.
        package init(_ table: PairedProportions) {
            difference = table.difference
            standardError = table.standardError
            pValue = { $0 == 0 ? table.mcNemar(.greater) : table.nonInferiorityPValue(margin: -$0) }
            estimatedPValue = { table.estimatedPValue(above: $0) }
        }
    }

    /// What the rows that came since say of the served version against the anchor.
    package enum Look: Sendable, Equatable {
        /// Worse: the anchor is to be served again.
        case worse
        /// Shown to be better: it becomes the anchor.
        case better
        case undecided
    }

    /// How much better than the served model a candidate must be estimated to be, in standard errors.
    package static let estimate = 0.2
    /// How sure it must be that a candidate that is estimated to be better lies above the anchor less the margin, as an
    /// error.
    package static let following = 0.1
    /// How sure it must be that the served version is worse than the anchor, as an error.
    package static let plausible = 0.2

    /// The error that the promotion after `promotions` others may have that rests on "not worse" alone. All of a stream
    /// together stay below half of `alpha`, since 1/((k+1)(k+2)) sums to 1.
    package static func error(_ alpha: Double, promotions: Int) -> Double {
        alpha / 2 / (Double(promotions + 1) * Double(promotions + 2))
    }

    /// What of half of `alpha` the promotions before the next have spent.
    package static func spent(_ alpha: Double, promotions: Int) -> Double {
        alpha / 2 * (1 - 1 / Double(promotions + 1))
    }

    /// The level at which the served version is shown to be better than the anchor, the `promotions`-th since.
    package static func renewal(_ alpha: Double, promotions: Int) -> Double { 2 * alpha / Double(promotions + 1) }

    /// The level at which a gate beside that of the primary metric is shown not to be below its anchor: a quarter of
    /// the permitted error, whatever the number of promotions, since many of them may be of no matter to it.
    package static func guarding(_ alpha: Double) -> Double { alpha / 4 }

    /// Whether a candidate is estimated to be better than the served model, and plausibly not below the anchor.
    package static func follows(served: Difference, anchor: Difference?, margin: Double) -> Bool {
        served.difference > estimate * served.standardError
            && anchor.map { $0.estimatedPValue(-margin) <= following } ?? true
    }

    /// Whether a candidate is shown to be not worse by the margin than the served model, and than the anchor.
    ///
    /// - Parameter tries: verdicts on the same model before; those after the first share half of `alpha`.
    package static func holds(
        served: Difference, anchor: Difference?, promotions: Int, margin: Double, alpha: Double, tries: Int = 0
    ) -> Bool {
        served.pValue(-margin) <= (tries == 0 ? alpha : error(alpha, promotions: tries - 1))
            && anchor.map { $0.pValue(-margin) <= error(alpha, promotions: promotions) } ?? true
    }

    /// The look at what is served.
    ///
    /// - Parameters:
    ///   - anchor: the served version against the anchor.
    ///   - reverse: the anchor against the served version.
    ///   - promotions: what counted since it became the anchor.
    ///   - gates: gates that have an anchor; claims of being better share the permitted error.
    ///   - margin: how much worse is still not worse: 0 for the primary metric.
    package static func look(
        _ anchor: Difference, reverse: Difference, promotions: Int, alpha: Double, gates: Int = 1, margin: Double = 0
    ) -> Look {
        if reverse.difference > margin, reverse.estimatedPValue(margin) <= plausible { return .worse }
        let level = renewal(alpha, promotions: promotions) / Double(max(1, gates))
        if anchor.difference > 0, anchor.pValue(0) <= level { return .better }
        return .undecided
    }
}
