import Foundation

/// Bounds of a share that hold at all looks together, however often one looks and whenever one stops.
///
/// The evidence against "the share is at most p" is a mixture of likelihood ratios of larger shares against p: a
/// non-negative supermartingale that begins at 1, so that by Ville's inequality it ever reaches 1/α with probability α
/// at most. Source: Robbins, "Statistical methods related to the law of the iterated logarithm" (1970); Howard, Ramdas,
/// McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (2021).
package enum ShareSequence {
    /// The alternatives of the mixture, as shares of the way from p to 1: dense near p, where differences are small.
    private static let steps = (1...24).map { pow(Double($0) / 24.5, 2) }

    /// The logarithm of the evidence against "the share is at most `share`", from so many hits of so many trials.
    package static func evidence(hits: Int, of trials: Int, against share: Double) -> Double {
        guard trials > 0, share < 1 else { return 0 }
        guard share > 0 else { return hits > 0 ? .infinity : 0 }
        let misses = Double(trials - hits)
        let ratios = steps.map { step in
            let other = share + (1 - share) * step
            return Double(hits) * log(other / share) + misses * log((1 - other) / (1 - share))
        }
        let most = ratios.max() ?? 0
        return most + log(ratios.reduce(0) { $0 + exp($1 - most) } / Double(steps.count))
    }

    /// Where the share lies above, with `confidence` at all looks together; 0 where nothing is known.
    package static func lowerBound(hits: Int, of trials: Int, confidence: Double = 0.95) -> Double {
        guard hits > 0, trials > 0 else { return 0 }
        let bar = -log(1 - confidence)
        var (low, high) = (0.0, Double(hits) / Double(trials))
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if evidence(hits: hits, of: trials, against: middle) >= bar { low = middle } else { high = middle }
        }
        return low
    }

    /// Lower and upper bound, each with half of what `confidence` leaves.
    package static func interval(hits: Int, of trials: Int, confidence: Double = 0.95) -> Interval {
        let each = (1 + confidence) / 2
        return Interval(
            lower: lowerBound(hits: hits, of: trials, confidence: each),
            upper: 1 - lowerBound(hits: trials - hits, of: trials, confidence: each))
    }
}
