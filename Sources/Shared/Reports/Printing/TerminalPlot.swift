import Foundation

/// Plots made of characters, for terminals: braille dots, four rows and two columns a cell.
enum TerminalPlot {
    /// Columns that stand before the dots.
    static let margin = 11

    /// Lines over a common x axis, `width` × `height` characters without the labels; none where nothing is finite.
    static func lines(_ lines: [Plot.Line], x: Plot.Axis, y: String, width: Int, height: Int = 12) -> [String] {
        let lines = lines.map { line in
            var line = line
            line.points = line.points.filter { $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
            return line
        }
        guard let canvas = DotCanvas(lines, width: max(8, width), height: max(3, height)) else { return [] }
        let names = lines.filter { !$0.points.isEmpty }.map(\.name).filter { !$0.isEmpty }
        var text = [TextWidth.line("\(y)  \(names.joined(separator: ", "))")]
        for (number, row) in canvas.rows().enumerated() {
            let label =
                number == 0
                ? Quantity.number(canvas.y.upperBound)
                : number == canvas.height - 1 ? Quantity.number(canvas.y.lowerBound) : ""
            text.append(TextWidth.padded(label, margin - 2, left: true) + " ┤" + row)
        }
        let (left, right) = (x.label(canvas.x.lowerBound), x.label(canvas.x.upperBound))
        let gap = max(1, canvas.width - left.count - right.count - x.name.count - 2)
        text.append(
            String(repeating: " ", count: margin) + left + String(repeating: " ", count: gap / 2 + 1) + x.name
                + String(repeating: " ", count: gap - gap / 2 + 1) + right)
        return text
    }

    /// One line a dimension, each thing's sign where its value lies; the best come last and cover the others.
    static func coordinates(_ dimensions: [Plot.Dimension], _ courses: [Plot.Course], width: Int) -> [String] {
        guard courses.count > 1 else { return [] }
        let names = dimensions.map { TextWidth.columns($0.name) }.max() ?? 0
        let lows = dimensions.map { TextWidth.columns($0.low) }.max() ?? 0
        let highs = dimensions.map { TextWidth.columns($0.high) }.max() ?? 0
        let room = max(10, min(60, width - names - lows - highs - 3))
        let lines = dimensions.enumerated().map { index, dimension in
            var cells = [Character](repeating: "·", count: room)
            for (rank, course) in courses.enumerated().reversed() {
                guard index < course.places.count, let place = course.places[index], place.isFinite else { continue }
                let column = min(room - 1, max(0, Int((place * Double(room - 1)).rounded())))
                cells[column] = rank == 0 ? "★" : rank < 3 ? "●" : "○"
            }
            return TextWidth.line(
                "\(TextWidth.padded(dimension.name, names)) \(TextWidth.padded(dimension.low, lows, left: true)) "
                    + "\(String(cells))\(dimension.high.isEmpty ? "" : " \(dimension.high)")")
        }
        return lines + ["★ the best, ● the next two, ○ the others"]
    }
}

/// Braille dots, and the ranges that they show.
private struct DotCanvas {
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>
    let width: Int
    let height: Int
    private var dots: [[Bool]]

    /// Draws lines whose points are finite and in order; nil where there is no point.
    init?(_ lines: [Plot.Line], width: Int, height: Int) {
        let points = lines.flatMap(\.points)
        guard let x0 = points.map(\.x).min(), let x1 = points.map(\.x).max(), let y0 = points.map(\.y).min(),
            let y1 = points.map(\.y).max()
        else { return nil }
        (x, y, self.width, self.height) = (x0...x1, y0...y1, width, height)
        dots = [[Bool]](repeating: [Bool](repeating: false, count: width * 2), count: height * 4)
        for line in lines {
            for (index, point) in line.points.enumerated() {
                draw(from: line.points[max(0, index - 1)], to: point)
            }
        }
    }

    private mutating func draw(from last: (x: Double, y: Double), to point: (x: Double, y: Double)) {
        let (c0, c1, r0, r1) = (column(last.x), column(point.x), row(last.y), row(point.y))
        let span = max(abs(c1 - c0), abs(r1 - r0))
        for step in 0...span {
            let share = span == 0 ? 0 : Double(step) / Double(span)
            dots[r0 + Int((Double(r1 - r0) * share).rounded())][c0 + Int((Double(c1 - c0) * share).rounded())] = true
        }
    }

    private func column(_ value: Double) -> Int { place(value, x, width * 2) }
    private func row(_ value: Double) -> Int { height * 4 - 1 - place(value, y, height * 4) }

    private func place(_ value: Double, _ range: ClosedRange<Double>, _ count: Int) -> Int {
        let span = range.upperBound - range.lowerBound
        // Where numbers are so far apart that their distance is no number, they stand at the ends.
        guard span > 0 else { return count / 2 }
        guard span.isFinite else { return value > 0 ? count - 1 : 0 }
        return min(count - 1, max(0, Int(((value - range.lowerBound) / span * Double(count - 1)).rounded())))
    }

    func rows() -> [String] {
        // Unicode's order: the left column's first three dots, the right one's, then the fourth row.
        let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
        return (0..<height).map { cell in
            var line = String.UnicodeScalarView()
            for column in 0..<width {
                var value: UInt32 = 0x2800
                for row in 0..<4 {
                    for side in 0..<2 where dots[cell * 4 + row][column * 2 + side] { value |= bits[row][side] }
                }
                line.append(Unicode.Scalar(value) ?? " ")
            }
            return String(line)
        }
    }
}
