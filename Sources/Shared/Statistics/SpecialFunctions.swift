import Glibc

/// Special functions that the distributions are built from, in double precision.
package enum SpecialFunctions {
    /// The natural logarithm of the absolute value of the gamma function, safe to call from many threads.
    package static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    /// The natural logarithm of `n` choose `k`; minus infinity outside `0...n`.
    package static func logChoose(_ n: Int, _ k: Int) -> Double {
        guard n >= 0, k >= 0, k <= n else { return -.infinity }
        return logGamma(Double(n) + 1) - logGamma(Double(k) + 1) - logGamma(Double(n - k) + 1)
    }

    /// The regularised incomplete beta function I_x(a, b), by the continued fraction of DLMF 8.17.22.
    ///
    /// Returns NaN unless `a > 0`, `b > 0` and `x` is a number; `x` is clamped to 0…1.
    package static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard a > 0, b > 0, !x.isNaN else { return .nan }
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = a * log(x) + b * log1p(-x) - (logGamma(a) + logGamma(b) - logGamma(a + b))
        // The fraction converges fast on this side of the mean; the other side is its reflection.
        if x < (a + 1) / (a + b + 2) {
            return exp(front) * betaFraction(x, a, b) / a
        }
        return 1 - exp(front) * betaFraction(1 - x, b, a) / b
    }

    /// The lower regularised incomplete gamma function P(a, x): DLMF 8.11.4 (series) and 8.9.2 (fraction).
    package static func regularizedGammaP(_ a: Double, _ x: Double) -> Double {
        guard a > 0, !x.isNaN else { return .nan }
        if x <= 0 { return 0 }
        return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x)
    }

    /// The upper regularised incomplete gamma function Q(a, x), accurate in the far tail.
    package static func regularizedGammaQ(_ a: Double, _ x: Double) -> Double {
        guard a > 0, !x.isNaN else { return .nan }
        if x <= 0 { return 1 }
        return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
    }

    private static let tiny = 1e-300
    private static let maximumTerms = 20_000

    /// The continued fraction by Lentz's method, two coefficients at a time.
    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var result = d
        for term in 1...maximumTerms {
            let m = Double(term)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            let step = d * c
            result *= step
            if abs(step - 1) < 1e-16 { break }
        }
        return result
    }

    private static func gammaSeries(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var sum = term
        var n = a
        for _ in 0..<maximumTerms {
            n += 1
            term *= x / n
            sum += term
            if term < sum * 1e-17 { break }
        }
        return sum * exp(a * log(x) - x - logGamma(a))
    }

    private static func gammaFraction(_ a: Double, _ x: Double) -> Double {
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / kept(b)
        var result = d
        for term in 1...maximumTerms {
            let i = Double(term)
            let an = -i * (i - a)
            b += 2
            d = 1 / kept(an * d + b)
            c = kept(b + an / c)
            let step = d * c
            result *= step
            if abs(step - 1) < 1e-16 { break }
        }
        return exp(a * log(x) - x - logGamma(a)) * result
    }
}
