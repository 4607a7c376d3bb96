/// How far stated confidence is from the share that is right.
package enum Calibration {
    /// The expected calibration error over bins of equal width (Guo et al., 2017); nil without rows.
    package static func expectedError(confidence: [Double], right: [Bool], bins: Int = 10) -> Double? {
        guard !confidence.isEmpty, confidence.count == right.count, bins > 0, confidence.allSatisfy(\.isFinite) else {
            return nil
        }
        var sums = Array(repeating: (count: 0.0, confidence: 0.0, right: 0.0), count: bins)
        for (value, hit) in zip(confidence, right) {
            // Bins are open below and closed above.
            let bin = min(bins - 1, max(0, Int((min(max(value, 0), 1) * Double(bins)).rounded(.up)) - 1))
            sums[bin].count += 1
            sums[bin].confidence += value
            sums[bin].right += hit ? 1 : 0
        }
        return sums.reduce(0) { $0 + abs($1.right - $1.confidence) } / Double(confidence.count)
    }
}
