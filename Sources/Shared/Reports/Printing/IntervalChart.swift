import Foundation

/// Differences with their bounds, one a row, each metric on a scale of its own: a loss of 9 nats would make a dot of an
/// accuracy's whole interval.
enum IntervalChart {
    static func markup(_ intervals: [Plot.Interval]) -> Markup? {
        let sound = intervals.filter { $0.value.isFinite && $0.lower.isFinite && $0.upper.isFinite }
        var axes: [String] = []
        for interval in sound where !axes.contains(interval.axis) { axes.append(interval.axis) }
        guard !axes.isEmpty else { return nil }
        return .tag(
            "div", [("class", "forest"), ("role", "img"), ("aria-label", "Differences with their confidence bounds")],
            axes.flatMap { axis in group(axis, sound.filter { $0.axis == axis }) })
    }

    private static func group(_ axis: String, _ intervals: [Plot.Interval]) -> [Markup] {
        let values: [Double] = intervals.flatMap { [$0.lower, $0.upper, $0.threshold, 0.0] }
        let scale = PlotScale(values, 0, from: 0, to: 100)
        return [.tag("p", [("class", "axis")], axis)] + intervals.flatMap { row($0, scale) }
            + [
                .tag(
                    "div", [("class", "ticks")],
                    ticks(scale).map { .tag("span", [("style", "left:\(at($0, scale))%")], Quantity.number($0)) })
            ]
    }

    /// Three at most: more would run into each other on a narrow screen.
    private static func ticks(_ scale: PlotScale) -> [Double] {
        let all = scale.ticks.filter { (8.0...92).contains(scale.at($0)) }
        guard all.count > 3, let first = all.first, let last = all.last else { return all }
        return all.contains(0) && first != 0 && last != 0 ? [first, 0, last] : [first, last]
    }

    private static func row(_ interval: Plot.Interval, _ scale: PlotScale) -> [Markup] {
        let (low, high) = (scale.at(interval.lower), scale.at(interval.upper))
        let mark = interval.mark.rawValue
        func place(_ name: String, _ value: Double) -> Markup {
            .tag("i", [("class", name), ("style", "left:\(at(value, scale))%")], [])
        }
        let bar = Markup.tag(
            "i", [("class", "bar \(mark)"), ("style", "left:\(n(low))%;width:\(n(max(0.2, high - low)))%")], [])
        return [
            .tag("p", [("class", "name")], interval.name),
            .tag(
                "div", [("class", "track")],
                [place("zero", 0), bar, place("limit", interval.threshold), place("dot \(mark)", interval.value)]),
        ]
    }

    private static func at(_ value: Double, _ scale: PlotScale) -> String { n(scale.at(value)) }

    private static func n(_ value: Double) -> String { String(format: "%.1f", value) }
}
