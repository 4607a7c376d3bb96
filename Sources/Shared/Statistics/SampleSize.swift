import Glibc

/// How many rows would decide a question, at a level and a power.
package enum SampleSize {
    /// The most rows that are ever named; beyond it the honest answer is "more rows will not help".
    package static let maximum = 10_000_000

    /// Rows for a paired difference of shares: n ≈ (z_α + z_β)²·(p_disc − d²) / (d + margin)².
    ///
    /// Miettinen's formula for McNemar's test (Biometrics 24, 1968), shifted by the margin. `difference` is the true
    /// difference; nil when it lies at or below −margin, where no number of rows shows it.
    package static func pairedProportions(
        difference: Double, discordance: Double, margin: Double = 0, alpha: Double = 0.05, power: Double = 0.8
    ) -> Int? {
        let distance = difference + margin
        let variance = max(discordance - difference * difference, 0)
        return rows(variance: variance, distance: distance, alpha: alpha, power: power)
    }

    /// Rows for a mean of paired differences: n ≈ (z_α + z_β)²·σ² / (d + margin)²; nil as above.
    package static func pairedMeans(
        difference: Double, deviation: Double, margin: Double = 0, alpha: Double = 0.05, power: Double = 0.8
    ) -> Int? {
        rows(variance: deviation * deviation, distance: difference + margin, alpha: alpha, power: power)
    }

    /// The fewest rows on which even a flawless result shows "not worse than `margin`": 1 − α^(1/n) ≤ margin.
    package static func flawless(margin: Double, alpha: Double = 0.05) -> Int? {
        guard margin > 0, margin < 1 else { return nil }
        let n = (log(alpha) / log1p(-margin)).rounded(.up)
        return n <= Double(maximum) ? Int(n) : nil
    }

    private static func rows(variance: Double, distance: Double, alpha: Double, power: Double) -> Int? {
        guard distance > 0, variance.isFinite else { return nil }
        let z = NormalDistribution.quantile(1 - alpha) + NormalDistribution.quantile(power)
        let n = (z * z * variance / (distance * distance)).rounded(.up)
        guard n <= Double(maximum) else { return nil }
        return max(Int(n), 2)
    }
}
