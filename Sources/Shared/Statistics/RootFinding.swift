/// Finding where a function of one variable crosses zero.
package enum RootFinding {
    /// The zero of a non-decreasing function between two bounds, to the last bits of a double.
    ///
    /// When the function has one sign over the whole interval, the bound nearest to a crossing is returned.
    package static func bisect(
        _ lower: Double, _ upper: Double, tolerance: Double = 0, _ function: (Double) -> Double
    ) -> Double {
        var low = lower
        var high = upper
        for _ in 0..<200 where high - low > tolerance {
            let middle = low + (high - low) / 2
            if middle <= low || middle >= high { break }
            if function(middle) < 0 { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }
}
