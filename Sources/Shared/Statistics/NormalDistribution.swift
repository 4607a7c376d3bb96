import Glibc

/// The standard normal distribution.
package enum NormalDistribution {
    /// P(Z ≤ z).
    package static func cdf(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    /// P(Z > z), accurate in the far tail.
    package static func survival(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

    /// The value that a share `p` of the distribution lies below; ±infinity at 0 and 1, NaN outside.
    ///
    /// Wichura's algorithm AS 241 (PPND16), relative accuracy about 1e-16.
    package static func quantile(_ p: Double) -> Double {
        guard p >= 0, p <= 1 else { return .nan }
        if p == 0 { return -.infinity }
        if p == 1 { return .infinity }
        let q = p - 0.5
        if abs(q) <= 0.425 {
            let r = 0.180625 - q * q
            return q * ratio(central, r)
        }
        let tail = (-log(q < 0 ? p : 1 - p)).squareRoot()
        let value = tail <= 5 ? ratio(middle, tail - 1.6) : ratio(far, tail - 5)
        return q < 0 ? -value : value
    }

    private static let central: [(Double, Double)] = [
        (2.5090809287301226727e3, 5.2264952788528545610e3), (3.3430575583588128105e4, 2.8729085735721942674e4),
        (6.7265770927008700853e4, 3.9307895800092710610e4), (4.5921953931549871457e4, 2.1213794301586595867e4),
        (1.3731693765509461125e4, 5.3941960214247511077e3), (1.9715909503065514427e3, 6.8718700749205790830e2),
        (1.3314166789178437745e2, 4.2313330701600911252e1), (3.3871328727963666080e0, 1.0),
    ]
    private static let middle: [(Double, Double)] = [
        (7.74545014278341407640e-4, 1.05075007164441684324e-9), (2.27238449892691845833e-2, 5.47593808499534494600e-4),
        (2.41780725177450611770e-1, 1.51986665636164571966e-2), (1.27045825245236838258e0, 1.48103976427480074590e-1),
        (3.64784832476320460504e0, 6.89767334985100004550e-1), (5.76949722146069140550e0, 1.67638483018380384940e0),
        (4.63033784615654529590e0, 2.05319162663775882187e0), (1.42343711074968357734e0, 1.0),
    ]
    private static let far: [(Double, Double)] = [
        (2.01033439929228813265e-7, 2.04426310338993978564e-15), (2.71155556874348757815e-5, 1.42151175831644588870e-7),
        (1.24266094738807843860e-3, 1.84631831751005468180e-5), (2.65321895265761230930e-2, 7.86869131145613259100e-4),
        (2.96560571828504891230e-1, 1.48753612908506148525e-2), (1.78482653991729133580e0, 1.36929880922735805310e-1),
        (5.46378491116411436990e0, 5.99832206555887937690e-1), (6.65790464350110377720e0, 1.0),
    ]

    /// The quotient of two polynomials of degree 7, highest power first, by Horner's rule.
    private static func ratio(_ coefficients: [(Double, Double)], _ x: Double) -> Double {
        var top = 0.0
        var bottom = 0.0
        for (numerator, denominator) in coefficients {
            top = top * x + numerator
            bottom = bottom * x + denominator
        }
        return top / bottom
    }
}
