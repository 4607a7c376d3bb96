import Glibc

/// The two-sample Kolmogorov–Smirnov test of "both come from one distribution", two-sided.
package struct KolmogorovSmirnov: Sendable, Hashable, Codable {
    /// The largest distance of the two empirical distribution functions.
    package var statistic: Double
    /// The two-sided p-value: exact up to 10,000 pairs without ties across samples, else Kolmogorov's limit.
    package var pValue: Double

    /// Tests two samples; nil when either is empty or holds a NaN.
    package init?(_ first: [Double], _ second: [Double]) {
        guard !first.isEmpty, !second.isEmpty, !first.contains(where: \.isNaN), !second.contains(where: \.isNaN) else {
            return nil
        }
        let x = first.sorted()
        let y = second.sorted()
        let (m, n) = (x.count, y.count)
        var (i, j) = (0, 0)
        // Distances are kept as whole multiples of 1 / (m·n), so that equal ones compare equal.
        var largest = 0
        while i < m, j < n {
            let value = min(x[i], y[j])
            while i < m, x[i] == value { i += 1 }
            while j < n, y[j] == value { j += 1 }
            largest = max(largest, abs(i * n - j * m))
        }
        statistic = Double(largest) / (Double(m) * Double(n))
        pValue =
            m * n <= 10_000
            ? Self.exact(m, n, largest)
            : Self.limit((Double(m) * Double(n) / Double(m + n)).squareRoot() * statistic)
    }

    /// The share of lattice paths that reach the distance: Hodges (Arkiv för Matematik 3, 1958).
    private static func exact(_ m: Int, _ n: Int, _ largest: Int) -> Double {
        if largest == 0 { return 1 }
        // inside[j]: the probability that a random path through (i, j) has stayed nearer than the distance.
        var inside = [Double](repeating: 0, count: n + 1)
        for i in 0...m {
            for j in 0...n {
                if abs(i * n - j * m) >= largest {
                    inside[j] = 0
                } else if i == 0, j == 0 {
                    inside[j] = 1
                } else {
                    // Of the paths to (i, j), a share i / (i + j) comes from the left.
                    let left = i > 0 ? inside[j] * Double(i) / Double(i + j) : 0
                    let below = j > 0 ? inside[j - 1] * Double(j) / Double(i + j) : 0
                    inside[j] = left + below
                }
            }
        }
        return min(1, max(0, 1 - inside[n]))
    }

    /// Kolmogorov's limiting survival function.
    package static func limit(_ x: Double) -> Double {
        if x <= 0.05 { return 1 }
        if x < 1.18 {
            // The theta-function form converges fast for small x.
            var sum = 0.0
            for k in stride(from: 1.0, through: 15, by: 2) { sum += exp(-k * k * .pi * .pi / (8 * x * x)) }
            return 1 - (2 * .pi).squareRoot() / x * sum
        }
        var sum = 0.0
        for k in 1...20 {
            let term = exp(-2 * Double(k * k) * x * x)
            sum += k.isMultiple(of: 2) ? -term : term
        }
        return min(1, max(0, 2 * sum))
    }
}
