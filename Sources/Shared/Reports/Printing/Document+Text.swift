extension Document {
    /// The document for a terminal, a pipe or the journal, without a line feed at its end.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; with nil no line is broken, so each row of a table stays one line.
    ///   - isColoured: whether marks have their colours.
    package func text(width: Int? = nil, isColoured: Bool = false) -> String {
        Mark.$isColoured.withValue(isColoured) { text(in: width) }
    }

    private func text(in width: Int?) -> String {
        var parts: [(kind: Kind, lines: [String])] = []
        if let title {
            parts.append((.sentence, TextWidth.paragraph(title + (badge.map { ": \($0.word)" } ?? ""), width: width)))
        }
        parts += blocks.flatMap(\.unfolded).map { ($0.kind, $0.lines(width)) }.filter { !$0.1.isEmpty }
        var lines: [String] = []
        var last: Kind?
        for (kind, text) in parts {
            if let last, last != .heading, last != .sentence || kind != .sentence { lines.append("") }
            lines += text
            last = kind
        }
        return lines.joined(separator: "\n")
    }

    /// What decides whether an empty line stands between two blocks.
    fileprivate enum Kind { case heading, sentence, other }
}

extension Block {
    fileprivate var kind: Document.Kind {
        switch self {
        case .heading: .heading
        case .paragraph: .sentence
        default: .other
        }
    }

    /// Nothing is folded in a text.
    fileprivate var unfolded: [Block] {
        guard case .folded(let title, let blocks) = self else { return [self] }
        return [.heading(title)] + blocks.flatMap(\.unfolded)
    }

    fileprivate func lines(_ width: Int?) -> [String] {
        switch self {
        case .folded: return []
        case .heading(let text): return TextWidth.paragraph(text, width: width)
        case .paragraph(let text): return text.isEmpty ? [] : TextWidth.paragraph(text, width: width)
        case .facts(let facts):
            let names = facts.map { TextWidth.columns($0.name) }.max() ?? 0
            return facts.flatMap {
                TextTable.fact(TextWidth.line($0.name), TextWidth.line($0.value), names: names, width: width)
            }
        case .table(let table): return table.rows.isEmpty ? [] : TextTable(table, width: width).lines()
        case .findings(let findings): return findings.flatMap { $0.lines(width) }
        case .plot(let plot, let caption):
            let lines = plot.lines(width)
            return lines.isEmpty ? [] : lines + (caption.map { TextWidth.paragraph($0, width: width) } ?? [])
        case .lines(let lines): return lines.map(TextWidth.line)
        }
    }
}

extension Finding {
    /// The mark and the title, then what is said of it, further in.
    fileprivate func lines(_ width: Int?) -> [String] {
        func indented(_ text: String, _ first: String, _ rest: String) -> [String] {
            let room = width.map { max(20, $0 - rest.count) }
            return TextWidth.paragraph(text, width: room).enumerated().map { ($0 == 0 ? first : rest) + $1 }
        }
        var lines = indented(title, mark.painted + " ", "  ")
        for text in text { lines += indented(text, "    ", "    ") }
        if !figures.isEmpty {
            let figures = figures.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
            lines += indented(figures, "    ", "    ")
        }
        return lines
    }
}

extension Mark {
    /// Whether signs have the colours of a terminal.
    @TaskLocal fileprivate static var isColoured = false

    /// The sign, coloured where that is asked for.
    fileprivate var painted: String {
        let code: Int? =
            switch self {
            case .pass: 32
            case .fail: 31
            case .inconclusive, .warning: 33
            case .advice: 36
            case .none: nil
            }
        guard Self.isColoured, let code else { return sign }
        return "\u{1B}[\(code)m\(sign)\u{1B}[0m"
    }
}

extension Plot {
    /// Nothing for intervals, of which the findings beside them hold every number.
    fileprivate func lines(_ width: Int?) -> [String] {
        switch self {
        case .lines(let lines, let x, let y):
            let room = max(16, min(64, (width ?? 80) - TerminalPlot.margin))
            return TerminalPlot.lines(lines, x: x, y: y, width: room)
        case .intervals: return []
        case .coordinates(let dimensions, let courses):
            return TerminalPlot.coordinates(dimensions, courses, width: width ?? 100)
        }
    }
}
