import Nouns
import Statistics

/// Whether a drop differs from the dataset before it, in length, labels and words; each with a test and its p-value.
package enum Drift {
    /// Claimed below this p-value, and only where the difference is of a size that matters: large drops make every
    /// difference significant.
    package static let level = 0.001
    package static let smallestEffect = 0.1
    /// Below so many rows on either side nothing is tested.
    package static let minimumRows = 20
    private static let permutations = 999

    package static func tests(_ drop: DataStatistics, against dataset: DataStatistics) -> [DataReport.DriftTest] {
        guard drop.rows >= minimumRows, dataset.rows >= minimumRows else { return [] }
        return [length(drop.sample, dataset.sample), labels(drop, dataset), vocabulary(drop.sample, dataset.sample)]
            .compactMap { $0 }
    }

    private static func length(_ a: RowSample, _ b: RowSample) -> DataReport.DriftTest? {
        guard let test = KolmogorovSmirnov(a.entries.map { Double($0.length) }, b.entries.map { Double($0.length) })
        else { return nil }
        return result("length", "two-sample Kolmogorov–Smirnov", test.statistic, test.pValue, test.statistic)
    }

    private static func labels(_ a: DataStatistics, _ b: DataStatistics) -> DataReport.DriftTest? {
        guard a.unlabelled == 0, b.unlabelled == 0 else { return nil }
        let names = Set(a.labels.keys).union(b.labels.keys).sorted()
        guard names.count > 1,
            let test = ChiSquareTest(table: [names.map { a.labels[$0] ?? 0 }, names.map { b.labels[$0] ?? 0 }])
        else { return nil }
        return result("labels", "chi-squared", test.statistic, test.pValue, test.effect)
    }

    /// A permutation test over rows, since the words of one row are not independent of each other: the total variation
    /// distance of the shares of rows that have a word, against that of random divisions of all rows.
    private static func vocabulary(_ a: RowSample, _ b: RowSample) -> DataReport.DriftTest? {
        let (m, n) = (min(200, a.entries.count), min(200, b.entries.count))
        guard m >= minimumRows, n >= minimumRows else { return nil }
        let pool = a.entries.prefix(m).map(\.words) + b.entries.prefix(n).map(\.words)
        var order = Array(pool.indices)
        func distance() -> Double {
            var counts = [Double](repeating: 0, count: RowSample.wordBins)
            for (position, index) in order.enumerated() {
                let step = position < m ? 1 / Double(m) : -1 / Double(n)
                for word in pool[index] { counts[Int(word) % RowSample.wordBins] += step }
            }
            return counts.reduce(0) { $0 + abs($1) } / 2
        }
        let words = Double(pool.reduce(0) { $0 + $1.count }) / Double(pool.count)
        let observed = distance()
        let random = CounterRandom(seed: 0x5EED, stream: 4)
        var counter: UInt64 = 0
        var atLeast = 1
        var sum = 0.0
        for _ in 0..<permutations {
            for last in stride(from: order.count - 1, to: 0, by: -1) {
                order.swapAt(last, random.index(counter, below: last + 1))
                counter &+= 1
            }
            let other = distance()
            sum += other
            if other >= observed { atLeast += 1 }
        }
        // What chance alone gives is taken off; of words per row it is a share.
        let effect = max(0, min(1, (observed - sum / Double(permutations)) / max(1, words)))
        return result(
            "vocabulary", "permutation over rows", observed, Double(atLeast) / Double(permutations + 1), effect)
    }

    private static func result(_ what: String, _ test: String, _ statistic: Double, _ p: Double, _ effect: Double)
        -> DataReport.DriftTest
    {
        .init(
            what: what, test: test, statistic: statistic, pValue: p, effect: effect,
            drifted: p <= level && effect >= smallestEffect)
    }
}
