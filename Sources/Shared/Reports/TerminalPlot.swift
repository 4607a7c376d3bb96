import Foundation

/// Plots made of characters, for terminals: braille dots, four rows and two columns a cell.
package enum TerminalPlot {
    /// One line of a plot; each has its own sign in the legend, and all share the dots.
    package struct Line {
        package var name: String
        package var points: [(x: Double, y: Double)]
        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    /// Lines over a common x axis, `width` × `height` characters without the labels. Points that are not finite are
    /// left out.
    package static func lines(
        _ lines: [Line], x: String, y: String, width: Int = 64, height: Int = 12, xText: (Double) -> String = number
    ) -> String {
        let lines = lines.map {
            Line(name: $0.name, points: $0.points.filter { $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x })
        }
        let points = lines.flatMap(\.points)
        guard let x0 = points.map(\.x).min(), let x1 = points.map(\.x).max(), let y0 = points.map(\.y).min(),
            let y1 = points.map(\.y).max()
        else {
            return "(nothing to plot)"
        }
        let (columns, rows) = (max(8, width) * 2, max(3, height) * 4)
        var dots = [[Bool]](repeating: [Bool](repeating: false, count: columns), count: rows)
        func column(_ value: Double) -> Int {
            x1 > x0 ? Int(((value - x0) / (x1 - x0) * Double(columns - 1)).rounded()) : columns / 2
        }
        func row(_ value: Double) -> Int {
            y1 > y0 ? Int(((y1 - value) / (y1 - y0) * Double(rows - 1)).rounded()) : rows / 2
        }
        for line in lines {
            for (index, point) in line.points.enumerated() {
                dots[row(point.y)][column(point.x)] = true
                guard index > 0 else { continue }
                let last = line.points[index - 1]
                let (c0, c1, r0, r1) = (column(last.x), column(point.x), row(last.y), row(point.y))
                let span = max(abs(c1 - c0), abs(r1 - r0))
                guard span > 0 else { continue }
                for step in 0...span {
                    let share = Double(step) / Double(span)
                    dots[r0 + Int((Double(r1 - r0) * share).rounded())][c0 + Int((Double(c1 - c0) * share).rounded())] =
                        true
                }
            }
        }
        var text = ["\(y)  \(lines.map(\.name).filter { !$0.isEmpty }.joined(separator: ", "))"]
        for cell in 0..<rows / 4 {
            let label = cell == 0 ? number(y1) : cell == rows / 4 - 1 ? number(y0) : ""
            text.append(
                String(repeating: " ", count: max(0, 9 - label.count)) + label + " ┤" + braille(dots, cell, columns / 2)
            )
        }
        let (left, right) = (xText(x0), xText(x1))
        let gap = max(1, columns / 2 - left.count - right.count - x.count - 2)
        text.append(
            String(repeating: " ", count: 11) + left + String(repeating: " ", count: gap / 2 + 1) + x
                + String(repeating: " ", count: gap - gap / 2 + 1) + right)
        return text.joined(separator: "\n")
    }

    /// A number in at most four digits.
    package static func number(_ value: Double) -> String { String(format: "%.4g", value) }

    private static func braille(_ dots: [[Bool]], _ cell: Int, _ width: Int) -> String {
        // Unicode's order: the left column's first three dots, the right one's, then the fourth row.
        let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
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
