import Glibc

/// Right or wrong answers of two models on the same rows, and the exact tests of their difference.
///
/// The difference is always candidate − served, from −1 to 1.
package struct PairedProportions: Sendable, Hashable, Codable {
    /// Rows that both models answered.
    package var count: Int
    /// Rows that the candidate has right and the served model wrong.
    package var gained: Int
    /// Rows that the candidate has wrong and the served model right.
    package var lost: Int

    /// Makes the table from its counts; negative counts become 0, and `count` is at least `gained + lost`.
    package init(count: Int, gained: Int, lost: Int) {
        self.gained = max(gained, 0)
        self.lost = max(lost, 0)
        self.count = max(count, self.gained + self.lost)
    }

    /// Makes the table from pairs of answers; the shorter of the two decides the number of rows.
    package init(candidate: [Bool], served: [Bool]) {
        let pairs = zip(candidate, served)
        self.init(
            count: min(candidate.count, served.count),
            gained: pairs.count { $0 && !$1 },
            lost: pairs.count { !$0 && $1 })
    }

    /// The rows on which exactly one model is right.
    package var discordant: Int { gained + lost }

    /// The observed difference of the two shares; 0 without rows.
    package var difference: Double { count == 0 ? 0 : Double(gained - lost) / Double(count) }

    /// The standard error of the difference, with half a discordant row more than was seen, so that it is never 0.
    package var standardError: Double {
        guard count > 0 else { return 1 }
        let variance = (Double(discordant) + 0.5) / Double(count) - difference * difference
        return (max(variance, 1e-9) / Double(count)).squareRoot()
    }

    /// The one-sided p-value of "the true difference is not above `threshold`" by Tango's score: quick, and about right
    /// where an estimate is asked for and not a claim.
    package func estimatedPValue(above threshold: Double) -> Double {
        count == 0 ? 1 : NormalDistribution.survival(scoreStatistic(delta: threshold))
    }

    /// McNemar's exact test: under no difference the discordant rows fall to either side like a fair coin.
    ///
    /// The two-sided value doubles the smaller tail, as statsmodels and R do. 1 without discordant rows.
    package func mcNemar(_ alternative: Alternative = .twoSided) -> Double {
        guard discordant > 0 else { return 1 }
        switch alternative {
        case .greater: return BinomialDistribution.upperTail(gained, discordant, 0.5)
        case .less: return BinomialDistribution.upperTail(lost, discordant, 0.5)
        case .twoSided:
            return min(1, 2 * BinomialDistribution.cdf(min(gained, lost), discordant, 0.5))
        }
    }

    /// Tango's score statistic for a true difference `delta` (Statistics in Medicine 17, 1998, 891–908).
    package func scoreStatistic(delta: Double) -> Double {
        Self.scoreStatistic(count: Double(count), gained: Double(gained), lost: Double(lost), delta: delta)
    }

    /// Tango's score bounds of the difference, each one-sided at level `alpha`.
    ///
    /// Approximate, within about half a point of the stated level from 100 rows up; `lowerBound` is the exact one.
    package func scoreBounds(alpha: Double = 0.05) -> Interval {
        guard count > 0 else { return Interval(lower: -1, upper: 1) }
        let z = NormalDistribution.quantile(1 - alpha)
        let lower = RootFinding.bisect(-1, difference, tolerance: 1e-12) { z - scoreStatistic(delta: $0) }
        let upper = RootFinding.bisect(difference, 1, tolerance: 1e-12) { -z - scoreStatistic(delta: $0) }
        return Interval(lower: lower, upper: upper)
    }

    /// The statistic with the discordance estimated under the hypothesis by maximum likelihood.
    static func scoreStatistic(count n: Double, gained: Double, lost: Double, delta: Double) -> Double {
        let distance = gained - lost - n * delta
        if distance == 0 { return 0 }
        let b = -gained - lost + (2 * n - gained + lost) * delta
        let c = -lost * delta * (1 - delta)
        let q = ((max(0, b * b - 8 * n * c)).squareRoot() - b) / (4 * n)
        let variance = n * (2 * q + delta * (1 - delta))
        return variance > 1e-12 ? distance / variance.squareRoot() : (distance > 0 ? .infinity : -.infinity)
    }
}
