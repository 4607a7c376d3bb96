import Nouns

/// Cuts the rows of a table apart (RFC 4180): cells in quotes may hold separators, line ends and doubled quotes; the
/// first row names the columns.
struct TableSplitter: RecordSplitter {
    private enum Place {
        case cellStart, plain, quoted
        /// Behind a quote inside a quoted cell: its end, or the first half of a doubled quote.
        case quote
    }

    /// Longest header row, in bytes.
    private static let longestHeader = 1 << 20

    /// Candidates for the separator; the header decides among them.
    private var separators: [UInt8]
    private var separator: UInt8
    private var header: [String]?
    /// The header's bytes until its line ends, since the separator is not known before.
    private var early: [UInt8] = []
    private var earlyQuoted = false

    private var place = Place.cellStart
    private var cells: [[UInt8]] = []
    private var cell: [UInt8] = []
    private var size = 0
    private var strayQuote = false
    /// Whether spaces stand between a separator and a quote.
    private var isSpaced = false
    /// Whether lines end with CR alone, as Excel for Mac once wrote them; nil until a first CR was looked behind.
    private var endsWithCR: Bool?
    private var isBehindCR = false
    private var line = 1
    private var beginning = 1

    /// - Parameter separators: what may stand between cells, as ASCII text in order of preference.
    init(separators: StaticString) {
        self.separators = separators.withUTF8Buffer { Array($0) }
        separator = self.separators.first ?? UInt8(ascii: ",")
    }

    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        for byte in bytes {
            if header == nil, try !headerIsWhole(byte) { continue }
            if header == nil { try takeHeader(body) }
            try step(endsWithCR == true && byte == 13 ? 10 : byte, body)
        }
    }

    /// The separator is known now: the header goes through the same states as every row.
    private mutating func takeHeader(_ body: (Record) throws -> Void) throws {
        let bytes = early
        early = []
        for byte in bytes { try step(byte, body) }
    }

    mutating func finish(_ body: (Record) throws -> Void) throws {
        if header == nil, !early.isEmpty {
            chooseSeparator()
            try takeHeader(body)
        }
        if place == .quoted {
            let (cells, size, start) = (cells.count, size, beginning)
            clear()
            guard header != nil else {
                throw Failure(
                    code: "intake.damaged_table", "The header has a quote that is never closed.", at: "line \(start)",
                    remedy: "Close it.")
            }
            return try body(
                Record(
                    line: start,
                    body: .bad(
                        code: "unclosed_quote",
                        message: "A quote opened in cell \(cells + 1) is never closed (\(size) bytes follow).",
                        fix: "Close it, or double a quote that is part of the text.")))
        }
        if !cells.isEmpty || !cell.isEmpty || place != .cellStart { try endRow(body) }
    }

    // MARK: Header

    /// Keeps the bytes of the header until the line end that ends it. The byte that ends it may be the first of the
    /// next line, where lines end with CR alone.
    private mutating func headerIsWhole(_ byte: UInt8) throws -> Bool {
        if isBehindCR {
            isBehindCR = false
            if byte != 10 {
                endsWithCR = true
                early.removeLast()
                chooseSeparator()
                if isSeparatorLine() { return try headerIsWhole(byte) }
                early.append(10)
                return true
            }
        }
        if byte == UInt8(ascii: "\"") { earlyQuoted.toggle() }
        if byte == 10 || byte == 13 && endsWithCR == true, !earlyQuoted {
            chooseSeparator()
            return !isSeparatorLine()
        }
        guard early.count < Self.longestHeader else {
            throw Failure(
                code: "intake.damaged_table",
                "The first row, which should name the columns, is longer than \(Self.longestHeader >> 20) MiB.",
                at: "line 1", remedy: "Begin the table with one short row of column names.")
        }
        isBehindCR = byte == 13 && !earlyQuoted && endsWithCR == nil
        early.append(byte)
        return false
    }

    /// Whether what was kept is Excel's line that names the separator, such as `sep=;`; it is taken, and is no row.
    private mutating func isSeparatorLine() -> Bool {
        let text = early.last == 13 ? early.dropLast() : early[...]
        guard text.count == 5, text.starts(with: Array("sep=".utf8)) || text.starts(with: Array("SEP=".utf8)),
            let named = text.last
        else { return false }
        separators = [named]
        separator = named
        early = []
        line += 1
        beginning = line
        return true
    }

    /// The candidate that occurs most often outside quotes; a comma where none does.
    private mutating func chooseSeparator() {
        var counts = [Int](repeating: 0, count: separators.count)
        var quoted = false
        for byte in early {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if !quoted, let index = separators.firstIndex(of: byte) { counts[index] += 1 }
        }
        var best = 0
        for index in counts.indices where counts[index] > counts[best] { best = index }
        separator = separators[best]
    }

    // MARK: Rows

    private mutating func step(_ byte: UInt8, _ body: (Record) throws -> Void) throws {
        switch place {
        case .cellStart where byte == UInt8(ascii: "\""): place = .quoted
        // Some put spaces before quotes; whoever does it in the header does it in the rows.
        case .plain
        where byte == UInt8(ascii: "\"") && (header == nil || isSpaced) && cell.allSatisfy { $0 == 32 }:
            isSpaced = true
            cell = []
            place = .quoted
        case .quoted where byte == UInt8(ascii: "\""): place = .quote
        case .quote where byte == UInt8(ascii: "\""):
            keep(byte)
            place = .quoted
        case .quoted:
            if byte == 10 { line += 1 }
            keep(byte)
        case _ where byte == separator:
            size += 1
            if size <= RecordLimits.longest { cells.append(cell) } else { cells = [] }
            cell = []
            place = .cellStart
        case _ where byte == 10:
            line += 1
            try endRow(body)
        case .quote:
            // Only spaces and the CR of a line end may stand between a closing quote and what ends the cell.
            if byte == 32 || byte == 9 { return }
            if byte != 13 { strayQuote = true }
            keep(byte)
            place = byte == 13 ? .quote : .plain
        default:
            keep(byte)
            place = .plain
        }
    }

    private mutating func keep(_ byte: UInt8) {
        size += 1
        if size <= RecordLimits.longest {
            cell.append(byte)
        } else {
            cell = []
            cells = []
        }
    }

    private mutating func endRow(_ body: (Record) throws -> Void) throws {
        if cell.last == 13 { cell.removeLast() }
        cells.append(cell)
        let (row, start, isTooLong, isStray) = (cells, beginning, size > RecordLimits.longest, strayQuote)
        clear()
        guard let header else { return try setHeader(row) }
        // A line without anything is no row, and neither is the header of a second file behind the first.
        if !isTooLong, row.allSatisfy(\.isEmpty) || names(row) == header { return }
        if isTooLong { return try body(RecordLimits.tooLong(start, what: "row")) }
        if isStray {
            return try body(
                Record(
                    line: start,
                    body: .bad(
                        code: "stray_quote", message: "There is text between a closing quote and the next separator.",
                        fix: "Double a quote that is part of the text, and put the whole cell in quotes.")))
        }
        guard row.count == header.count else {
            return try body(
                Record(
                    line: start,
                    body: .bad(
                        code: "column_count",
                        message: "The row has \(row.count) cells, but the header names \(header.count) columns.",
                        fix: "Put cells that hold a separator or a line end in quotes.")))
        }
        // A column without a name counts where it holds something.
        let cells = zip(header, row).enumerated().compactMap { index, cell in
            cell.0.isEmpty
                ? cell.1.isEmpty ? nil : (name: "column \(index + 1)", value: cell.1) : (name: cell.0, value: cell.1)
        }
        try body(Record(line: start, body: .cells(cells)))
    }

    /// The cells of a row as names of columns, without a byte order mark in front.
    private func names(_ row: [[UInt8]]) -> [String] {
        row.enumerated().map { index, cell in
            let hasMark = index == 0 && cell.starts(with: [0xEF, 0xBB, 0xBF])
            return String(decoding: hasMark ? cell.dropFirst(3) : cell[...], as: UTF8.self).trimmingSpaces
        }
    }

    private mutating func setHeader(_ row: [[UInt8]]) throws {
        if row.allSatisfy(\.isEmpty) { return }
        let names = names(row)
        if let twice = Dictionary(grouping: names.filter { !$0.isEmpty }, by: { $0 }).filter({ $0.value.count > 1 })
            .keys.sorted().first
        {
            throw Failure(
                code: "intake.damaged_table", "The header names the column '\(twice)' twice.", at: "line 1",
                remedy: "Give each column a name of its own.")
        }
        header = names
    }

    private mutating func clear() {
        cells = []
        cell = []
        size = 0
        strayQuote = false
        place = .cellStart
        beginning = line
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
