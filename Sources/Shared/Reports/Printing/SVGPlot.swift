import Foundation

/// Plots as inline SVG: no script, no font or file from elsewhere. Nil where there is nothing to show.
enum SVGPlot {
    static func markup(_ plot: Plot) -> Markup? {
        switch plot {
        case .lines(let lines, let x, let y): self.lines(lines, x: x, y: y)
        case .intervals(let intervals): IntervalChart.markup(intervals)
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
        let horizontal = PlotScale(points.map(\.x), first.x, from: left, to: width - 16)
        let vertical = PlotScale(points.map(\.y), first.y, from: height - bottom, to: top)
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
            let colour = colour(index, isWinner: line.isWinner)
            parts.append(polyline(line.points.map { (horizontal.at($0.x), vertical.at($0.y)) }, colour, width: "1.8"))
            if line.dots {
                parts += line.points.map { circle(horizontal.at($0.x), vertical.at($0.y), "3", colour) }
            }
            let at = left + 8 + Double(index) * 190
            parts.append(
                .tag(
                    "rect", [("x", n(at)), ("y", "8"), ("width", "14"), ("height", "4"), ("style", "fill:\(colour)")],
                    []))
            parts.append(text(at + 20, 14, line.name.isEmpty ? y : line.name))
        }
        return svg(width, height, "\(y) over \(x.name)", parts)
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
                    points, colour(0, isWinner: course.isWinner), width: rank == 0 ? "3" : "1.5",
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

    // MARK: - Parts

    /// Colours that mean nothing but which line it is; those of what passed and failed, and the winner's, are not among
    /// them. The style of the page has them for both schemes.
    private static let series = 6

    private static func colour(_ index: Int, isWinner: Bool) -> String {
        isWinner ? "var(--winner)" : "var(--line-\(index % series))"
    }

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
        .tag("circle", [("cx", n(x)), ("cy", n(y)), ("r", radius), ("style", "fill:\(colour)")], [])
    }

    private static func polyline(
        _ points: [(Double, Double)], _ colour: String, width: String, opacity: String = "1", title: String? = nil
    ) -> Markup {
        let path = points.map { "\(n($0)),\(n($1))" }.joined(separator: " ")
        return .tag(
            "polyline",
            [
                ("points", path), ("fill", "none"), ("style", "stroke:\(colour)"), ("stroke-opacity", opacity),
                ("stroke-width", width),
            ], title.map { [Markup.tag("title", $0)] } ?? [])
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start") -> Markup {
        .tag("text", [("x", n(x)), ("y", n(y)), ("text-anchor", anchor)], text)
    }
}
