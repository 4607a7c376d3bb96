import Foundation

/// Values along one side of a plot.
struct PlotScale {
    let low: Double
    let high: Double
    let start: Double
    let end: Double

    /// The range of the values, never empty, with a little room at both ends.
    init(_ values: [Double], _ fallback: Double, from start: Double, to end: Double) {
        let low = values.min() ?? fallback
        let high = values.max() ?? fallback
        let pad = high > low ? (high - low) * 0.04 : (low == 0 ? 0.5 : abs(low) * 0.1)
        (self.low, self.high, self.start, self.end) = (low - pad, high + pad, start, end)
    }

    func at(_ value: Double) -> Double { start + (value - low) / (high - low) * (end - start) }

    /// Four to eight round numbers inside the range.
    var ticks: [Double] {
        let rough = (high - low) / 6
        guard rough > 0, rough.isFinite else { return [] }
        let power = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let first = (low / step).rounded(.up)
        return (0..<12).map { (first + Double($0)) * step }.filter { $0 <= high }
    }
}
