/// The beta distribution with shapes `a` and `b`, both positive.
package enum BetaDistribution {
    /// P(X ≤ x).
    package static func cdf(_ x: Double, _ a: Double, _ b: Double) -> Double {
        SpecialFunctions.regularizedBeta(x, a, b)
    }

    /// The value that a share `p` of the distribution lies below; NaN when `p` is outside 0…1 or a shape is not
    /// positive.
    package static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
        guard p >= 0, p <= 1, a > 0, b > 0 else { return .nan }
        if p == 0 { return 0 }
        if p == 1 { return 1 }
        return RootFinding.bisect(0, 1) { cdf($0, a, b) - p }
    }
}
