import Glibc

/// How an error falls with the number of rows: error(n) = floor + scale·n^(−exponent).
///
/// The power law of Hestness et al. (2017), fitted by least squares with floor ≥ 0 and scale ≥ 0.
package struct LearningCurve: Sendable, Hashable, Codable {
    /// The error that no number of rows removes.
    package var floor: Double
    /// The error above the floor at one row.
    package var scale: Double
    /// How fast the error falls; 0 when it does not.
    package var exponent: Double
    /// The root of the mean squared residual, in units of the error.
    package var residual: Double
    /// How many points it was fitted to.
    package var points: Int

    /// Fits the curve; nil below two distinct row counts, or when a value is not finite or a count not positive.
    ///
    /// With two distinct counts the floor is taken as 0, as a line in the log–log plane.
    package init?(rows: [Int], errors: [Double]) {
        guard rows.count == errors.count, Set(rows).count >= 2,
            rows.allSatisfy({ $0 > 0 }), errors.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return nil }
        let x = rows.map(Double.init)
        let free = Set(rows).count > 2
        func fit(_ exponent: Double) -> (floor: Double, scale: Double, squares: Double) {
            let powers = x.map { pow($0, -exponent) }
            var floor = 0.0
            var scale = 0.0
            if free, let line = LinearRegression(powers, errors) { (floor, scale) = (line.intercept, line.slope) }
            if !free || floor < 0 {
                floor = 0
                let bottom = powers.reduce(0) { $0 + $1 * $1 }
                scale = bottom > 0 ? zip(powers, errors).reduce(0) { $0 + $1.0 * $1.1 } / bottom : 0
            }
            if scale < 0 { (floor, scale) = (Summary.mean(errors), 0) }
            let squares = zip(powers, errors).reduce(0.0) {
                let distance = floor + scale * $1.0 - $1.1
                return $0 + distance * distance
            }
            return (floor, scale, squares)
        }
        let grid = (1...150).map { Double($0) * 0.02 }
        guard var best = grid.min(by: { fit($0).squares < fit($1).squares }) else { return nil }
        var step = 0.01
        while step > 1e-7 {
            // A pattern search around the best of the grid: the sum of squares is smooth there.
            let near = [best - step, best, best + step].filter { $0 > 0 }
            let next = near.min { fit($0).squares < fit($1).squares } ?? best
            if next == best { step /= 2 } else { best = next }
        }
        let result = fit(best)
        floor = result.floor
        scale = result.scale
        exponent = result.scale > 0 ? best : 0
        residual = (result.squares / Double(x.count)).squareRoot()
        points = x.count
    }

    /// The error to expect with `rows` rows.
    package func error(rows: Int) -> Double {
        floor + (scale > 0 ? scale * pow(Double(max(rows, 1)), -exponent) : 0)
    }

    /// The rows that bring the error down to `target`; nil when the floor is not below it or it takes more than a
    /// billion.
    package func rows(for target: Double) -> Int? {
        guard target > floor, scale > 0, exponent > 0 else { return target >= floor && scale == 0 ? 1 : nil }
        let n = pow(scale / (target - floor), 1 / exponent).rounded(.up)
        return n <= 1e9 ? max(1, Int(n)) : nil
    }
}
