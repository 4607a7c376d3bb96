import Nouns

/// Counts of lengths in bins that grow by a quarter, so that quantiles are known to about 12 % in constant memory, and
/// counts can be added.
package struct LengthCounts: Codable, Hashable, Sendable {
    package private(set) var counts: [Int: Int] = [:]
    package private(set) var total = 0
    package private(set) var sum = 0
    package private(set) var largest = 0

    package init() {}

    package mutating func add(_ length: Int) {
        counts[Self.bin(length), default: 0] += 1
        total += 1
        sum += length
        largest = max(largest, length)
    }

    package mutating func merge(_ other: LengthCounts) {
        counts.merge(other.counts, uniquingKeysWith: +)
        total += other.total
        sum += other.sum
        largest = max(largest, other.largest)
    }

    /// Upper bounds of the bins: every length up to 16, then growing by about a quarter.
    static let bounds: [Int] = {
        var bounds = Array(0...16)
        while let last = bounds.last, last < 1 << 40 { bounds.append(last + max(1, last / 4)) }
        return bounds
    }()

    static func bin(_ length: Int) -> Int {
        var (low, high) = (0, bounds.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] >= length { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The upper bound of the bin in which the quantile lies.
    package func quantile(_ share: Double) -> Int {
        var seen = 0
        let wanted = max(1, Int((share * Double(total)).rounded(.up)))
        for (bin, count) in counts.sorted(by: { $0.key < $1.key }) {
            seen += count
            if seen >= wanted { return min(largest, Self.bounds[min(bin, Self.bounds.count - 1)]) }
        }
        return largest
    }

    /// As it is reported: bins without rows at both ends left out.
    package var histogram: DataReport.Histogram {
        var histogram = DataReport.Histogram()
        guard total > 0, let first = counts.keys.min(), let last = counts.keys.max() else { return histogram }
        histogram.bounds = (first...last).map { Self.bounds[min($0, Self.bounds.count - 1)] }
        histogram.counts = (first...last).map { counts[$0] ?? 0 }
        histogram.mean = Double(sum) / Double(total)
        histogram.median = quantile(0.5)
        histogram.p95 = quantile(0.95)
        histogram.largest = largest
        return histogram
    }
}
