/// Lays a table out: in columns where they fit, with its sentences broken where that helps, else one row after the
/// other as names and values. Nothing is ever cut off.
struct TextTable {
    private let columns: [Column]
    private let rows: [[String]]
    private let width: Int?

    private static let gap = 2
    /// Sentences in a narrower column are harder to read than names and values.
    private static let narrowest = 20

    /// How narrow a column may become.
    private func least(_ index: Int, _ natural: Int) -> Int {
        switch columns[index].kind {
        case .word, .number: natural
        case .text: min(natural, Self.narrowest)
        case .phrase:
            ([columns[index].title] + rows.map { $0[index] }).flatMap { $0.split(separator: " ") }
                .map { TextWidth.columns(String($0)) }.max() ?? natural
        }
    }

    init(_ table: Table, width: Int?) {
        columns = table.columns
        rows = table.rows.map { row in
            table.columns.indices.map { $0 < row.cells.count ? TextWidth.line(row.cells[$0].text) : "" }
        }
        self.width = width
    }

    /// The lines of the table.
    func lines() -> [String] {
        let natural = columns.indices.map { index in
            max(TextWidth.columns(columns[index].title), rows.map { TextWidth.columns($0[index]) }.max() ?? 0)
        }
        let gaps = Self.gap * max(0, columns.count - 1)
        guard let width, natural.reduce(gaps, +) > width else { return inColumns(natural) }
        var widths = natural
        let least = columns.indices.map { self.least($0, natural[$0]) }
        let excess = natural.reduce(gaps, +) - width
        guard excess <= zip(natural, least).reduce(0, { $0 + $1.0 - $1.1 }) else { return oneByOne(width) }
        var left = excess
        // The widest gives first, until it is as narrow as the next.
        while left > 0,
            let widest = columns.indices.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] })
        {
            widths[widest] -= 1
            left -= 1
        }
        return inColumns(widths)
    }

    private func inColumns(_ widths: [Int]) -> [String] {
        ([columns.map(\.title)] + rows).flatMap { row -> [String] in
            let cells = row.enumerated().map { index, cell in
                [.text, .phrase].contains(columns[index].kind) ? TextWidth.wrapped(cell, width: widths[index]) : [cell]
            }
            return (0..<(cells.map(\.count).max() ?? 0)).map { line in
                let texts = cells.enumerated().map { index, lines in
                    TextWidth.padded(
                        line < lines.count ? lines[line] : "", widths[index], left: columns[index].kind == .number)
                }
                return Self.trimmed(texts.joined(separator: String(repeating: " ", count: Self.gap)))
            }
        }
    }

    private func oneByOne(_ width: Int) -> [String] {
        let names = columns.map { TextWidth.columns($0.title) }.max() ?? 0
        return rows.enumerated().flatMap { number, row -> [String] in
            (number == 0 ? [] : [""])
                + zip(columns, row).flatMap { column, cell in
                    Self.fact(column.title, cell, names: names, width: width)
                }
        }
    }

    /// A name and its value, which goes on below itself.
    static func fact(_ name: String, _ value: String, names: Int, width: Int?) -> [String] {
        let room = width.map { max(narrowest, $0 - names - gap) }
        return TextWidth.wrapped(value, width: room).enumerated().map { number, line in
            trimmed(TextWidth.padded(number == 0 ? name : "", names + gap) + line)
        }
    }

    private static func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
