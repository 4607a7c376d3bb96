/// Student's t distribution.
package enum StudentTDistribution {
    /// P(T ≤ t) with `degrees` degrees of freedom.
    package static func cdf(_ t: Double, degrees: Double) -> Double {
        t > 0 ? 1 - survival(t, degrees: degrees) : survival(-t, degrees: degrees)
    }

    /// P(T > t), accurate in the far tail.
    package static func survival(_ t: Double, degrees: Double) -> Double {
        guard degrees > 0, !t.isNaN else { return .nan }
        if t < 0 { return 1 - survival(-t, degrees: degrees) }
        return 0.5 * SpecialFunctions.regularizedBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
    }

    /// The value that a share `p` of the distribution lies below.
    package static func quantile(_ p: Double, degrees: Double) -> Double {
        guard p >= 0, p <= 1, degrees > 0 else { return .nan }
        if p == 0 { return -.infinity }
        if p == 1 { return .infinity }
        if p == 0.5 { return 0 }
        let tail = min(p, 1 - p)
        let x = BetaDistribution.quantile(2 * tail, degrees / 2, 0.5)
        let t = (degrees * (1 - x) / x).squareRoot()
        return p < 0.5 ? -t : t
    }
}
