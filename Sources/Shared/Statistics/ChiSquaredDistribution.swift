/// The chi-squared distribution.
package enum ChiSquaredDistribution {
    /// P(X ≤ x) with `degrees` degrees of freedom.
    package static func cdf(_ x: Double, degrees: Double) -> Double {
        SpecialFunctions.regularizedGammaP(degrees / 2, x / 2)
    }

    /// P(X > x), accurate in the far tail.
    package static func survival(_ x: Double, degrees: Double) -> Double {
        SpecialFunctions.regularizedGammaQ(degrees / 2, x / 2)
    }

    /// The value that a share `p` of the distribution lies below.
    package static func quantile(_ p: Double, degrees: Double) -> Double {
        guard p >= 0, p <= 1, degrees > 0 else { return .nan }
        if p == 0 { return 0 }
        if p == 1 { return .infinity }
        var high = max(degrees, 1)
        while cdf(high, degrees: degrees) < p, high < 1e300 { high *= 2 }
        return RootFinding.bisect(0, high) { cdf($0, degrees: degrees) - p }
    }
}
