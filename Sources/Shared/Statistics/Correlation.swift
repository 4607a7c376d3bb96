/// Correlation of two lists of the same length.
package enum Correlation {
    /// Pearson's coefficient; NaN below two pairs or when one list is constant.
    package static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        guard x.count == y.count, x.count > 1 else { return .nan }
        let (mx, my) = (Summary.mean(x), Summary.mean(y))
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xy += (a - mx) * (b - my)
            xx += (a - mx) * (a - mx)
            yy += (b - my) * (b - my)
        }
        return xy / (xx * yy).squareRoot()
    }

    /// Spearman's rank coefficient, ties sharing their mean rank.
    package static func spearman(_ x: [Double], _ y: [Double]) -> Double {
        pearson(Summary.ranks(x), Summary.ranks(y))
    }
}
