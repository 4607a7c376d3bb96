/// Holm's step-down correction for several claims (Scandinavian Journal of Statistics, 1979).
package enum HolmCorrection {
    /// The adjusted p-values, in the order given; a claim holds at level α when its adjusted value is at most α.
    ///
    /// A p-value that is not a number counts as 1, so that a claim that could not be tested never holds.
    package static func adjust(_ pValues: [Double]) -> [Double] {
        let values = pValues.map { $0.isNaN ? 1 : min(max($0, 0), 1) }
        let order = values.indices.sorted { values[$0] < values[$1] }
        var adjusted = values
        var running = 0.0
        for (rank, index) in order.enumerated() {
            running = max(running, min(1, values[index] * Double(values.count - rank)))
            adjusted[index] = running
        }
        return adjusted
    }
}
