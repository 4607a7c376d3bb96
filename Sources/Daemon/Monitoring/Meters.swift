import Synchronization

/// What is counted in the process: it begins at 0 with the daemon, and never goes back.
///
/// What the ledger knows is asked of the ledger at each scrape instead; counters stand here, since rows of the ledger
/// may be withdrawn, erased and renamed.
package final class Meters: Sendable {
    /// One series: a metric with the values of its labels.
    struct Series: Hashable, Sendable {
        let family: MetricFamily
        let labels: [String]
    }

    /// What a histogram has seen.
    struct Distribution: Hashable, Sendable {
        /// By bucket, each alone; the last is what lies above all bounds.
        var counts: [Int]
        var sum = 0.0
    }

    private struct State {
        var counts: [Series: Double] = [:]
        var distributions: [Series: Distribution] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// Adds to a counter. What is no number, or would take something away, is passed over.
    ///
    /// - Parameter labels: their values in the order of the declaration.
    package func add(_ family: MetricFamily, _ amount: Double = 1, _ labels: [String] = []) {
        guard amount.isFinite, amount >= 0, family.kind == .counter, labels.count == family.labels.count else { return }
        state.withLock { $0.counts[Series(family: family, labels: labels), default: 0] += amount }
    }

    /// Adds one to a counter.
    package func count(_ family: MetricFamily, _ labels: String...) { add(family, 1, labels) }

    /// Notes a value of a histogram.
    package func observe(_ family: MetricFamily, _ value: Double, _ labels: String...) {
        guard value.isFinite, family.kind == .histogram, labels.count == family.labels.count else { return }
        let bucket = family.buckets.firstIndex { value <= $0 } ?? family.buckets.count
        state.withLock { state in
            let empty = Distribution(counts: Array(repeating: 0, count: family.buckets.count + 1))
            state.distributions[Series(family: family, labels: labels), default: empty].counts[bucket] += 1
            state.distributions[Series(family: family, labels: labels), default: empty].sum += value
        }
    }

    /// What a counter has counted so far.
    package func value(_ family: MetricFamily, _ labels: String...) -> Double {
        state.withLock { $0.counts[Series(family: family, labels: labels)] ?? 0 }
    }

    /// How many values a histogram has seen.
    package func observed(_ family: MetricFamily, _ labels: String...) -> Int {
        state.withLock { $0.distributions[Series(family: family, labels: labels)]?.counts.reduce(0, +) ?? 0 }
    }

    /// Everything at one moment.
    func read() -> (counts: [Series: Double], distributions: [Series: Distribution]) {
        state.withLock { ($0.counts, $0.distributions) }
    }
}
