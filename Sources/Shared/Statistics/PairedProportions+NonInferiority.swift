import Glibc

extension PairedProportions {
    /// The row count above which the exact test gives way to Tango's score test.
    package static let exactRowLimit = 1_000

    /// Whether the bounds and tests of this table are exact, or Tango's approximation for large samples.
    package var isExact: Bool { count <= Self.exactRowLimit }

    /// The p-value of "the candidate is worse than the served model by `margin` or more", one-sided.
    ///
    /// Up to `exactRowLimit` rows it is the exact unconditional test that orders outcomes by Tango's statistic and
    /// takes the largest probability over the unknown discordance (Hsueh, Liu and Chen, Biometrics 57, 2001, 478–483),
    /// so its error rate never exceeds the level. A margin of 0 tests superiority.
    package func nonInferiorityPValue(margin: Double) -> Double {
        pValue(delta: -margin)
    }

    /// The one-sided lower bound of candidate − served at level `alpha`, from inverting `nonInferiorityPValue`.
    package func lowerBound(alpha: Double = 0.05) -> Double {
        guard count > 0 else { return -1 }
        guard isExact else { return scoreBounds(alpha: alpha).lower }
        return RootFinding.bisect(-1, difference, tolerance: 1e-6) { pValue(delta: $0) - alpha }
    }

    /// The one-sided upper bound of candidate − served at level `alpha`.
    package func upperBound(alpha: Double = 0.05) -> Double {
        -PairedProportions(count: count, gained: lost, lost: gained).lowerBound(alpha: alpha)
    }

    /// The largest probability, over the unknown discordance, of a result at least as good as this one when the true
    /// difference is `delta`.
    func pValue(delta: Double) -> Double {
        guard count > 0 else { return 1 }
        if delta <= -1 { return 0 }
        if delta >= 1 { return 1 }
        let observed = scoreStatistic(delta: delta)
        guard isExact else { return NormalDistribution.survival(observed) }
        let frontier = Self.frontier(count: count, observed: observed, delta: delta)
        // The share of rows lost runs from what delta needs up to where every row is discordant.
        let low = max(0, -delta)
        let high = (1 - delta) / 2
        var best = 0.0
        let steps = 40
        var bestStep = 0
        for step in 0...steps {
            // Denser towards the low end, where real models lie and the maximum often is.
            let share = Double(step) / Double(steps)
            let value = Self.probability(frontier, count: count, lost: low + (high - low) * share * share, delta: delta)
            if value > best { (best, bestStep) = (value, step) }
        }
        for step in 1..<20 {
            let share = max(0, min(1, (Double(bestStep) - 1 + Double(step) / 10) / Double(steps)))
            best = max(
                best, Self.probability(frontier, count: count, lost: low + (high - low) * share * share, delta: delta))
        }
        return min(1, best)
    }

    /// For each number of lost rows, the fewest gained rows whose statistic reaches the observed one.
    private static func frontier(count: Int, observed: Double, delta: Double) -> [Int] {
        var frontier: [Int] = []
        frontier.reserveCapacity(count + 1)
        var gained = 0
        let reached = observed - 1e-9 * max(1, abs(observed))
        for lost in 0...count {
            // The statistic falls as losses grow, so the frontier only ever moves up.
            while gained + lost <= count,
                scoreStatistic(count: Double(count), gained: Double(gained), lost: Double(lost), delta: delta) < reached
            {
                gained += 1
            }
            if gained + lost > count { break }
            frontier.append(gained)
        }
        return frontier
    }

    /// The trinomial probability of the region above a frontier.
    private static func probability(_ frontier: [Int], count: Int, lost q: Double, delta: Double) -> Double {
        let p = q + delta
        guard p >= -1e-12, q >= 0, p + q <= 1 + 1e-12 else { return 0 }
        let conditional = q >= 1 ? 0 : min(1, max(0, p / (1 - q)))
        let spread = 9 * (Double(count) * q * (1 - q)).squareRoot() + 12
        let first = max(0, Int(Double(count) * q - spread))
        let last = min(frontier.count - 1, Int(Double(count) * q + spread))
        guard first <= last else { return 0 }
        var total = 0.0
        for lost in first...last {
            let weight = BinomialDistribution.pmf(lost, count, q)
            if weight < 1e-18 { continue }
            total += weight * BinomialDistribution.upperTail(frontier[lost], count - lost, conditional)
        }
        return total
    }
}
