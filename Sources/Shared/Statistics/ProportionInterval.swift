/// Confidence intervals of a single proportion.
package enum ProportionInterval {
    /// Wilson's score interval (JASA 1927) for `successes` of `count`; 0…1 when there are no rows.
    package static func wilson(successes: Int, count: Int, confidence: Double = 0.95) -> Interval {
        guard count > 0, successes >= 0, successes <= count else { return Interval(lower: 0, upper: 1) }
        let n = Double(count)
        let p = Double(successes) / n
        let z = NormalDistribution.quantile(1 - (1 - confidence) / 2)
        let scale = 1 + z * z / n
        let centre = (p + z * z / (2 * n)) / scale
        let half = z / scale * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        // At the ends the algebra is exact where the arithmetic is not.
        return Interval(
            lower: successes == 0 ? 0 : max(0, centre - half), upper: successes == count ? 1 : min(1, centre + half))
    }
}
