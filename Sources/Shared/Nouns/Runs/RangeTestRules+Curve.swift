import Foundation

/// How the curve of a sweep is read.
extension RangeTestRules {
    /// Averages each loss with its neighbours, as far as `reach` on both sides where there are as many.
    static func smooth(_ losses: [Double], reach: Int) -> [Double] {
        losses.indices.map { index in
            let span = min(reach, index, losses.count - 1 - index)
            let window = losses[index - span...index + span]
            return window.reduce(0, +) / Double(window.count)
        }
    }

    /// What a curve speaks for: a third of the rate where the smoothed loss is lowest, but no less than where it falls
    /// fastest.
    ///
    /// The usual tenth of the lowest point is for full training; adapters bear more. On recorded grids
    /// (docs/experiments.md) the tenth, and the steepest point more so, lay three to ten times below the best rate, a
    /// third within a factor of about three of it.
    package static func read(_ rates: [Double], _ losses: [Double], lowest: Double) -> RangeTestResult {
        let smoothed = smooth(losses, reach: 2)
        func result(_ rate: Double, _ reason: String) -> RangeTestResult {
            RangeTestResult(suggested: rate, learningRates: rates, losses: losses, smoothed: smoothed, reason: reason)
        }
        guard losses.count >= 8, let best = smoothed.indices.min(by: { smoothed[$0] < smoothed[$1] }) else {
            return result(lowest, "The loss was no number after \(losses.count) steps, so the lowest rate is proposed.")
        }
        guard best > 2, smoothed[best] < smoothed[0] - 0.02 * abs(smoothed[0]) else {
            return result(lowest, "No rate lowered the loss by as much as 2 %, so the lowest one is proposed.")
        }
        // The slope over seven points, so that one lucky batch decides nothing.
        var steepest = best
        var slope = 0.0
        for index in 0...best {
            let from = max(0, index - 3)
            let to = min(best, index + 3)
            guard to > from else { continue }
            let fall = (smoothed[from] - smoothed[to]) / Double(to - from)
            if fall > slope { (steepest, slope) = (index, fall) }
        }
        let third = rates[best] / 3
        let rate = max(third, min(rates[steepest], rates[best] / 2), lowest)
        return result(
            rate,
            rate > third
                ? "Where the loss falls fastest, which is close to where it is lowest (\(format(rates[best])))."
                : """
                A third of the rate where the loss is lowest (\(format(rates[best]))); it falls fastest at \
                \(format(rates[steepest])).
                """
        )
    }

    private static func format(_ rate: Double) -> String { String(format: "%.2e", rate) }
}
