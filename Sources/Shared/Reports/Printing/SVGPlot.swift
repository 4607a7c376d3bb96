import Foundation

/// Plots as inline SVG: no script, no font or file from elsewhere. Nil where there is nothing to show.
enum SVGPlot {
    static func markup(_ plot: Plot) -> Markup? {
        switch plot {
        case .lines(let lines, let x, let y): self.lines(lines, x: x, y: y)
        case .intervals(let intervals): self.intervals(intervals)
        case .coordinates(let dimensions, let courses): coordinates(dimensions, courses)
        }
    }

    private static func lines(_ lines: [Plot.Line], x: Plot.Axis, y: String) -> Markup? {
        let lines = lines.map { line in
            var line = line
            line.points = line.points.filter { $0.x.isFinite && $0.y.isFinite }
            return line
        }
        let points = lines.flatMap(\.points)
        guard let first = points.first else { return nil }
        let (width, height, left, bottom, top) = (720.0, 280.0, 60.0, 40.0, 26.0)
        let horizontal = Scale(points.map(\.x), first.x, from: left, to: width - 16)
        let vertical = Scale(points.map(\.y), first.y, from: height - bottom, to: top)
        var parts: [Markup] = []
        for tick in vertical.ticks {
            parts.append(line(left, vertical.at(tick), width - 16, vertical.at(tick), "grid"))
            parts.append(text(left - 6, vertical.at(tick) + 4, Quantity.number(tick), anchor: "end"))
        }
        for tick in horizontal.ticks {
            parts.append(text(horizontal.at(tick), height - bottom + 16, x.label(tick), anchor: "middle"))
        }
        parts.append(text((left + width) / 2, height - 6, x.name, anchor: "middle"))
        for (index, line) in lines.enumerated() where !line.points.isEmpty {
            let colour = palette[index % palette.count]
            parts.append(polyline(line.points.map { (horizontal.at($0.x), vertical.at($0.y)) }, colour, width: "1.8"))
            if line.dots {
                parts += line.points.map { circle(horizontal.at($0.x), vertical.at($0.y), "3", colour) }
            }
            let at = left + 8 + Double(index) * 190
            parts.append(
                .tag("rect", [("x", n(at)), ("y", "8"), ("width", "14"), ("height", "4"), ("fill", colour)], []))
            parts.append(text(at + 20, 14, line.name))
        }
        return svg(width, height, "\(y) over \(x.name)", parts)
    }

    /// Differences with their bounds, one a row, with the zero line and each row's threshold.
    private static func intervals(_ intervals: [Plot.Interval]) -> Markup? {
        let intervals = intervals.filter { $0.value.isFinite && $0.lower.isFinite && $0.upper.isFinite }
        guard !intervals.isEmpty else { return nil }
        let (left, width, row) = (320.0, 820.0, 38.0)
        let height = Double(intervals.count) * row + 40
        let scale = Scale(
            intervals.flatMap { [$0.lower, $0.upper, $0.threshold, 0] }, 0, from: left, to: width - 20)
        var parts: [Markup] = []
        for tick in scale.ticks {
            parts.append(line(scale.at(tick), 6, scale.at(tick), height - 26, "grid"))
            parts.append(text(scale.at(tick), height - 8, Quantity.number(tick), anchor: "middle"))
        }
        parts.append(line(scale.at(0), 6, scale.at(0), height - 26, "axis"))
        for (index, interval) in intervals.enumerated() {
            let y = 22 + Double(index) * row
            let colour = colour(interval.mark)
            let name = wrapped(interval.name, width: 44)
            for (number, words) in name.enumerated() {
                let line = y + 4 + 14 * (Double(number) - Double(name.count - 1) / 2)
                parts.append(text(left - 10, line, words, anchor: "end"))
            }
            parts.append(
                .tag(
                    "line",
                    ends(scale.at(interval.lower), y, scale.at(interval.upper), y) + [
                        ("stroke", colour), ("stroke-width", "3"),
                    ], []))
            parts.append(circle(scale.at(interval.value), y, "5", colour))
            parts.append(line(scale.at(interval.threshold), y - 10, scale.at(interval.threshold), y + 10, "threshold"))
        }
        return svg(width, height, "Differences with their confidence bounds", parts)
    }

    /// One axis a dimension, one line a thing; the better a thing, the darker its line.
    private static func coordinates(_ dimensions: [Plot.Dimension], _ courses: [Plot.Course]) -> Markup? {
        guard courses.count > 1, !dimensions.isEmpty else { return nil }
        let (width, height, top, bottom, side) = (860.0, 300.0, 34.0, 26.0, 60.0)
        func x(_ index: Int) -> Double {
            dimensions.count == 1
                ? width / 2 : side + Double(index) / Double(dimensions.count - 1) * (width - 2 * side)
        }
        func y(_ place: Double) -> Double { height - bottom - place * (height - top - bottom) }
        var parts: [Markup] = []
        for (rank, course) in courses.enumerated().reversed() {
            let points = course.places.enumerated().compactMap { index, place in place.map { (x(index), y($0)) } }
            let strength = 1 - 0.8 * Double(rank) / Double(courses.count)
            parts.append(
                polyline(
                    points, course.isWinner ? palette[1] : palette[0], width: rank == 0 ? "3" : "1.5",
                    opacity: String(format: "%.2f", strength), title: course.name))
        }
        for (index, dimension) in dimensions.enumerated() {
            parts.append(line(x(index), top, x(index), height - bottom, "axis"))
            for (at, words) in [(12, dimension.name), (top - 6, dimension.high), (height - 8, dimension.low)] {
                parts.append(text(x(index), at, String(words.prefix(18)), anchor: "middle"))
            }
        }
        return svg(width, height, "Parallel coordinates", parts)
    }

    /// A text in at most two lines, broken between words; what does not fit ends in "…".
    static func wrapped(_ text: String, width: Int) -> [String] {
        let lines = TextWidth.wrapped(text, width: width).map { $0.count > width ? $0.prefix(width - 1) + "…" : $0 }
        guard lines.count > 2 else { return lines }
        return [lines[0], lines[1].prefix(width - 2) + " …"]
    }

    // MARK: - Parts

    static func colour(_ mark: Mark) -> String {
        switch mark {
        case .pass: "#2e7d32"
        case .fail: "#c62828"
        case .inconclusive, .warning: "#b26a00"
        case .advice, .none: "#546e7a"
        }
    }

    private static let palette = [
        "#1565c0", "#e65100", "#2e7d32", "#6a1b9a", "#00838f", "#c62828", "#827717", "#4e342e",
    ]

    private static func n(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func svg(_ width: Double, _ height: Double, _ label: String, _ parts: [Markup]) -> Markup {
        .tag("svg", [("viewBox", "0 0 \(n(width)) \(n(height))"), ("role", "img"), ("aria-label", label)], parts)
    }

    private static func ends(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> [(String, String)] {
        [("x1", n(x1)), ("x2", n(x2)), ("y1", n(y1)), ("y2", n(y2))]
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) -> Markup {
        .tag("line", ends(x1, y1, x2, y2) + [("class", kind)], [])
    }

    private static func circle(_ x: Double, _ y: Double, _ radius: String, _ colour: String) -> Markup {
        .tag("circle", [("cx", n(x)), ("cy", n(y)), ("r", radius), ("fill", colour)], [])
    }

    private static func polyline(
        _ points: [(Double, Double)], _ colour: String, width: String, opacity: String = "1", title: String? = nil
    ) -> Markup {
        let path = points.map { "\(n($0)),\(n($1))" }.joined(separator: " ")
        return .tag(
            "polyline",
            [
                ("points", path), ("fill", "none"), ("stroke", colour), ("stroke-opacity", opacity),
                ("stroke-width", width),
            ], title.map { [Markup.tag("title", $0)] } ?? [])
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start") -> Markup {
        .tag("text", [("x", n(x)), ("y", n(y)), ("text-anchor", anchor)], text)
    }

    /// Values along one side of a plot.
    private struct Scale {
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
}
