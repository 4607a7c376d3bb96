import Glibc

/// The bootstrap of a difference between two models on the same rows (Efron and Tibshirani, 1993).
///
/// Draws come from a counter, so a stored seed gives the same verdict for ever. Where the task is cancelled meanwhile
/// it gives nil at once: whoever cancels a judgement asks so before using it.
package struct PairedBootstrap: Sendable, Hashable, Codable {
    /// The observed difference, candidate − served.
    package var difference: Double
    /// The standard error of the difference.
    package var standardError: Double
    /// The one-sided lower bound at the level asked for.
    package var lower: Double
    /// The one-sided upper bound at the same level.
    package var upper: Double
    /// The one-sided p-value of "the difference is not above zero".
    package var pValue: Double
    /// How many rows were paired.
    package var count: Int
    /// How many resamples were drawn.
    package var resamples: Int
    /// The seed of the draws.
    package var seed: UInt64
    /// How the bounds were formed.
    package var method: Method

    /// How bounds are formed from the resamples.
    package enum Method: String, Sendable, Codable {
        /// The studentised bootstrap (bootstrap-t), second-order correct for means.
        case studentized
        /// Bias-corrected and accelerated (BCa), for statistics that are no mean of rows.
        case biasCorrected
        /// All rows gave the same difference, so that resampling says nothing; see `mean(of:)`.
        case constant
    }

    /// The number of resamples unless told otherwise.
    package static let defaultResamples = 10_000

    /// Bootstraps the mean of per-row differences; nil below two rows or when a difference is not finite.
    ///
    /// `limit` is the largest difference that one row can have (1 for a score from 0 to 1). It guards small samples: an
    /// outcome seen in none of n rows may still have a share of 1 − α^(1/n), and bounds never lie inside what that
    /// leaves open.
    package static func mean(
        of differences: [Double], alpha: Double = 0.05, limit: Double? = nil, seed: UInt64,
        resamples: Int = defaultResamples
    ) -> PairedBootstrap? {
        let n = differences.count
        guard n > 1, resamples > 0, differences.allSatisfy(\.isFinite) else { return nil }
        let observed = Summary.mean(differences)
        let deviation = Summary.deviation(differences)
        let error = deviation / Double(n).squareRoot()
        let unseen = limit.map { (share: 1 - pow(alpha, 1 / Double(n)), limit: $0) }
        func opened(_ lower: Double, _ upper: Double) -> (Double, Double) {
            guard let unseen else { return (lower, upper) }
            let kept = (1 - unseen.share) * observed
            return (min(lower, kept - unseen.share * unseen.limit), max(upper, kept + unseen.share * unseen.limit))
        }
        guard deviation > 1e-14 * max(1, abs(observed)) else {
            let (lower, upper) = opened(observed, observed)
            // Under "not above zero", n rows all above zero have at most the chance of the unseen outcome.
            let p = observed > 0 && limit == nil ? pow(0.5, Double(n)) : (lower > 0 ? alpha : 1)
            return PairedBootstrap(
                difference: observed, standardError: 0, lower: lower, upper: upper, pValue: p, count: n,
                resamples: 0, seed: seed, method: .constant)
        }
        let random = CounterRandom(seed: seed)
        let statistics = differences.withUnsafeBufferPointer { values in
            (0..<resamples).map { resample -> Double in
                if Task.isCancelled { return .nan }
                var sum = 0.0
                var squares = 0.0
                let start = UInt64(resample) &* UInt64(n)
                for draw in 0..<n {
                    let value = values[random.index(start &+ UInt64(draw), below: n)] - observed
                    sum += value
                    squares += value * value
                }
                let mean = sum / Double(n)
                let variance = (squares - sum * mean) / Double(n - 1)
                let spread = variance > 1e-20 ? variance.squareRoot() : deviation
                return mean / (spread / Double(n).squareRoot())
            }
        }
        guard !Task.isCancelled else { return nil }
        let sorted = statistics.sorted()
        let (lower, upper) = opened(
            observed - Summary.quantile(sorted: sorted, 1 - alpha) * error,
            observed - Summary.quantile(sorted: sorted, alpha) * error)
        let reached = observed / error
        let atLeast = sorted.count - firstIndex(atLeast: reached, in: sorted)
        let p = Double(atLeast + 1) / Double(resamples + 1)
        return PairedBootstrap(
            difference: observed, standardError: error, lower: lower, upper: upper,
            pValue: lower > 0 ? p : max(p, p < alpha ? alpha.nextUp : p), count: n,
            resamples: resamples, seed: seed, method: .studentized)
    }

    /// Bootstraps any statistic of the rows, such as the difference of two corpus scores.
    ///
    /// `statistic` takes how often each row was drawn. Nil below two rows or when the statistic is not finite on all
    /// rows; resamples on which it is not finite are left out.
    package static func statistic(
        count n: Int, alpha: Double = 0.05, seed: UInt64, resamples: Int = defaultResamples,
        _ statistic: ([Int32]) -> Double
    ) -> PairedBootstrap? {
        guard n > 1, resamples > 0 else { return nil }
        var weights = [Int32](repeating: 1, count: n)
        let observed = statistic(weights)
        guard observed.isFinite else { return nil }
        let random = CounterRandom(seed: seed)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        for resample in 0..<resamples {
            if Task.isCancelled { return nil }
            for row in 0..<n { weights[row] = 0 }
            let start = UInt64(resample) &* UInt64(n)
            for draw in 0..<n { weights[random.index(start &+ UInt64(draw), below: n)] += 1 }
            let value = statistic(weights)
            if value.isFinite { values.append(value) }
        }
        guard values.count > resamples / 2 else { return nil }
        values.sort()
        let acceleration = Self.acceleration(count: n, statistic)
        let below = Double(firstIndex(atLeast: observed, in: values))
        let ties = Double(values.count { $0 == observed })
        let share = min(max((below + ties / 2) / Double(values.count), 1e-6), 1 - 1e-6)
        let bias = NormalDistribution.quantile(share)
        func bound(_ level: Double) -> Double {
            let z = bias + NormalDistribution.quantile(level)
            let adjusted = NormalDistribution.cdf(bias + z / max(1 - acceleration * z, 1e-6))
            return Summary.quantile(sorted: values, min(max(adjusted, 0), 1))
        }
        let notAbove = values.count - firstIndex(atLeast: 0.0.nextUp, in: values)
        return PairedBootstrap(
            difference: observed, standardError: Summary.deviation(values), lower: bound(alpha),
            upper: bound(1 - alpha),
            pValue: Double(values.count - notAbove + 1) / Double(values.count + 1), count: n, resamples: values.count,
            seed: seed, method: .biasCorrected)
    }

    /// The acceleration by the jackknife (over at most 500 evenly spaced rows); 0 when it cannot be told.
    private static func acceleration(count n: Int, _ statistic: ([Int32]) -> Double) -> Double {
        var weights = [Int32](repeating: 1, count: n)
        let stride = max(1, n / 500)
        var left: [Double] = []
        for row in Swift.stride(from: 0, to: n, by: stride) {
            weights[row] = 0
            left.append(statistic(weights))
            weights[row] = 1
        }
        let centre = Summary.mean(left)
        var (cubes, squares) = (0.0, 0.0)
        for value in left {
            let distance = centre - value
            cubes += distance * distance * distance
            squares += distance * distance
        }
        let bottom = 6 * pow(squares, 1.5)
        // With a sample of the rows, the sums stand for n / rows as many.
        let scale = (Double(n) / Double(left.count)).squareRoot()
        return bottom > 0 && cubes.isFinite ? cubes / bottom / scale : 0
    }

    /// The first index in ascending values whose value is at least `bound`.
    private static func firstIndex(atLeast bound: Double, in sorted: [Double]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
