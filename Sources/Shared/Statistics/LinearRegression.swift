/// Ordinary least squares with one explanatory variable.
package struct LinearRegression: Sendable, Hashable, Codable {
    /// The change of y for one unit of x.
    package var slope: Double
    /// The value at x = 0.
    package var intercept: Double
    /// The share of the variance that the line explains.
    package var rSquared: Double
    /// The standard error of the slope; 0 for two points.
    package var slopeError: Double
    /// The two-sided p-value of "the slope is zero"; 1 below three points.
    package var pValue: Double

    /// Fits y = intercept + slope·x, weighted when weights are given; nil below two distinct x.
    package init?(_ x: [Double], _ y: [Double], weights: [Double]? = nil) {
        let w = weights ?? [Double](repeating: 1, count: x.count)
        guard x.count == y.count, w.count == x.count, x.count >= 2 else { return nil }
        let total = w.reduce(0, +)
        guard total > 0 else { return nil }
        var (mx, my) = (0.0, 0.0)
        for i in x.indices {
            mx += w[i] * x[i] / total
            my += w[i] * y[i] / total
        }
        var (xx, xy, yy) = (0.0, 0.0, 0.0)
        for i in x.indices {
            xx += w[i] * (x[i] - mx) * (x[i] - mx)
            xy += w[i] * (x[i] - mx) * (y[i] - my)
            yy += w[i] * (y[i] - my) * (y[i] - my)
        }
        guard xx > 0 else { return nil }
        slope = xy / xx
        intercept = my - slope * mx
        let residual = max(0, yy - slope * xy)
        rSquared = yy > 0 ? 1 - residual / yy : 1
        let degrees = Double(x.count - 2)
        slopeError = degrees > 0 ? (residual / degrees / xx).squareRoot() : 0
        pValue =
            degrees > 0 && slopeError > 0
            ? 2 * StudentTDistribution.survival(abs(slope / slopeError), degrees: degrees)
            : (degrees > 0 && slope != 0 ? 0 : 1)
    }
}
