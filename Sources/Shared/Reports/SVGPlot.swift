import Foundation

/// Plots as inline SVG: no script, no font or file from elsewhere.
enum SVGPlot {
    /// One line of a line plot.
    struct Line {
        var name: String
        var colour: String
        var points: [(x: Double, y: Double)]
        var dots = false
    }

    /// One horizontal interval around a point, judged against a threshold.
    struct Bar {
        var name: String
        var value: Double
        var lower: Double
        var upper: Double
        var threshold: Double
        var colour: String
    }

    /// Lines over a common x axis; points that are not finite are left out.
    static func lines(_ lines: [Line], x: String, y: String) -> String {
        let lines = lines.map { line in
            var line = line
            line.points = line.points.filter { $0.x.isFinite && $0.y.isFinite }
            return line
        }
        let points = lines.flatMap(\.points)
        guard let first = points.first else { return "" }
        let (x0, x1) = spread(points.map(\.x), first.x)
        let (y0, y1) = spread(points.map(\.y), first.y)
        let (width, height, left, bottom, top) = (720.0, 280.0, 60.0, 40.0, 26.0)
        func px(_ value: Double) -> Double { left + (value - x0) / (x1 - x0) * (width - left - 16) }
        func py(_ value: Double) -> Double { height - bottom - (value - y0) / (y1 - y0) * (height - bottom - top) }
        var svg = open(width, height, label: "\(y) over \(x)")
        for tick in ticks(y0, y1) {
            svg += "<line x1='\(n(left))' x2='\(n(width - 16))' y1='\(n(py(tick)))' y2='\(n(py(tick)))' class='grid'/>"
            svg += text(left - 6, py(tick) + 4, ReportNumber.text(tick), anchor: "end")
        }
        for tick in ticks(x0, x1) {
            svg += text(px(tick), height - bottom + 16, ReportNumber.text(tick), anchor: "middle")
        }
        svg += text((left + width) / 2, height - 6, x, anchor: "middle")
        for (index, line) in lines.enumerated() where !line.points.isEmpty {
            let path = line.points.map { "\(n(px($0.x))),\(n(py($0.y)))" }.joined(separator: " ")
            svg += "<polyline points='\(path)' fill='none' stroke='\(line.colour)' stroke-width='1.8'/>"
            if line.dots {
                for point in line.points {
                    svg += "<circle cx='\(n(px(point.x)))' cy='\(n(py(point.y)))' r='3' fill='\(line.colour)'/>"
                }
            }
            let at = left + 8 + Double(index) * 190
            svg += "<rect x='\(n(at))' y='8' width='14' height='4' fill='\(line.colour)'/>"
            svg += text(at + 20, 14, line.name)
        }
        return svg + "</svg>"
    }

    /// Differences with their bounds, one a row, with the zero line and each row's threshold.
    static func intervals(_ bars: [Bar]) -> String {
        let bars = bars.filter { $0.value.isFinite && $0.lower.isFinite && $0.upper.isFinite }
        guard !bars.isEmpty else { return "" }
        let (left, width, row) = (320.0, 820.0, 38.0)
        let height = Double(bars.count) * row + 40
        let (x0, x1) = spread(bars.flatMap { [$0.lower, $0.upper, $0.threshold, 0] }, 0)
        func px(_ value: Double) -> Double { left + (value - x0) / (x1 - x0) * (width - left - 20) }
        var svg = open(width, height, label: "Differences with their confidence bounds")
        for tick in ticks(x0, x1) {
            svg += "<line x1='\(n(px(tick)))' x2='\(n(px(tick)))' y1='6' y2='\(n(height - 26))' class='grid'/>"
            svg += text(px(tick), height - 8, ReportNumber.text(tick), anchor: "middle")
        }
        svg += "<line x1='\(n(px(0)))' x2='\(n(px(0)))' y1='6' y2='\(n(height - 26))' class='axis'/>"
        for (index, bar) in bars.enumerated() {
            let y = 22 + Double(index) * row
            let lines = wrapped(bar.name, width: 44)
            for (number, line) in lines.enumerated() {
                svg += text(left - 10, y + 4 + 14 * (Double(number) - Double(lines.count - 1) / 2), line, anchor: "end")
            }
            svg +=
                """
                <line x1='\(n(px(bar.lower)))' x2='\(n(px(bar.upper)))' y1='\(n(y))' y2='\(n(y))' \
                stroke='\(bar.colour)' stroke-width='3'/>
                """
            svg += "<circle cx='\(n(px(bar.value)))' cy='\(n(y))' r='5' fill='\(bar.colour)'/>"
            svg +=
                """
                <line x1='\(n(px(bar.threshold)))' x2='\(n(px(bar.threshold)))' y1='\(n(y - 10))' \
                y2='\(n(y + 10))' class='threshold'/>
                """
        }
        return svg + "</svg>"
    }

    /// Text that is safe inside HTML and attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // What XML forbids becomes the replacement sign.
            case _ where scalar.value < 32 && scalar != "\n" && scalar != "\t": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func open(_ width: Double, _ height: Double, label: String) -> String {
        "<svg viewBox='0 0 \(n(width)) \(n(height))' role='img' aria-label='\(escaped(label))'>"
    }

    /// A text in at most two lines, broken between words; what does not fit ends in "…".
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty || line.count + 1 + word.count <= width {
                lines[lines.count - 1] = line.isEmpty ? String(word) : line + " " + word
            } else {
                lines.append(String(word))
            }
        }
        lines = lines.map { $0.count > width ? $0.prefix(width - 1) + "…" : $0 }
        guard lines.count > 2 else { return lines }
        return [lines[0], lines[1].prefix(width - 2) + " …"]
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start") -> String {
        "<text x='\(n(x))' y='\(n(y))' text-anchor='\(anchor)'>\(escaped(text))</text>"
    }

    private static func n(_ value: Double) -> String { String(format: "%.1f", value) }

    /// The range of values, never empty.
    private static func spread(_ values: [Double], _ fallback: Double) -> (Double, Double) {
        let low = values.min() ?? fallback
        let high = values.max() ?? fallback
        let pad = high > low ? (high - low) * 0.04 : (low == 0 ? 0.5 : abs(low) * 0.1)
        return (low - pad, high + pad)
    }

    /// Four to eight round numbers inside a range.
    private static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let rough = (high - low) / 6
        guard rough > 0, rough.isFinite else { return [] }
        let power = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let start = (low / step).rounded(.up)
        return (0..<12).map { (start + Double($0)) * step }.filter { $0 <= high }
    }
}
