import Glibc

/// The binomial distribution of `n` trials with success probability `p`.
package enum BinomialDistribution {
    /// P(X = k).
    package static func pmf(_ k: Int, _ n: Int, _ p: Double) -> Double {
        guard k >= 0, k <= n, p >= 0, p <= 1 else { return 0 }
        if p == 0 { return k == 0 ? 1 : 0 }
        if p == 1 { return k == n ? 1 : 0 }
        return exp(SpecialFunctions.logChoose(n, k) + Double(k) * log(p) + Double(n - k) * log1p(-p))
    }

    /// P(X ≤ k).
    package static func cdf(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k < 0 { return 0 }
        if k >= n { return 1 }
        return SpecialFunctions.regularizedBeta(1 - p, Double(n - k), Double(k) + 1)
    }

    /// P(X ≥ k).
    package static func upperTail(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k <= 0 { return 1 }
        if k > n { return 0 }
        return SpecialFunctions.regularizedBeta(p, Double(k), Double(n - k) + 1)
    }
}
