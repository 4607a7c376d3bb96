extension Document {
    /// The document as one HTML page that needs nothing else: style and plots are inside, and there is no script.
    package func page() -> String {
        var main: [Markup] = []
        if let title {
            let badge = badge.map { [Markup.tag("p", [("class", "badge \($0.mark.rawValue)")], $0.word)] } ?? []
            main.append(.tag("header", [], [.tag("h1", [], Markup.words(title))] + badge))
        }
        main += sections()
        let head: [Markup] = [
            .tag("meta", [("charset", "utf-8")], []),
            .tag(
                "meta",
                [
                    ("http-equiv", "Content-Security-Policy"),
                    ("content", "default-src 'none'; style-src 'unsafe-inline'"),
                ], []),
            .tag("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")], []),
            .tag("title", title ?? ""), .style(PageStyle.sheet),
        ]
        var text = "<!doctype html>\n"
        Markup.tag("html", [("lang", "en")], [.tag("head", [], head), .tag("body", [], [.tag("main", [], main)])])
            .print(into: &text)
        return text + "\n"
    }

    /// A heading begins a section.
    private func sections() -> [Markup] {
        var result: [Markup] = []
        var section: [Markup]?
        for block in blocks {
            if case .heading(let text) = block {
                if let section { result.append(.tag("section", [], section)) }
                section = [.tag("h2", [], Markup.words(text))]
            } else if section != nil {
                section?.append(contentsOf: block.markup)
            } else {
                result += block.markup
            }
        }
        if let section { result.append(.tag("section", [], section)) }
        return result
    }
}

extension Block {
    fileprivate var markup: [Markup] {
        switch self {
        case .heading(let text): return [.tag("h2", [], Markup.words(text))]
        case .paragraph(let text):
            return text.isEmpty ? [] : text.split(separator: "\n").map { .tag("p", String($0)) }
        case .facts(let facts):
            if facts.isEmpty { return [] }
            return [.tag("dl", [], facts.flatMap { [.tag("dt", $0.name), .tag("dd", $0.value)] })]
        case .table(let table): return table.rows.isEmpty ? [] : [.tag("div", [("class", "wide")], [table.markup])]
        case .folded(let title, let blocks):
            let inside = blocks.flatMap(\.markup)
            return inside.isEmpty ? [] : [.tag("details", [], [.tag("summary", title)] + inside)]
        case .findings(let findings): return Finding.markup(findings)
        case .plot(let plot, let caption):
            guard let picture = plot.markup else { return [] }
            return [.tag("figure", [], [picture] + (caption.map { [.tag("figcaption", $0)] } ?? []))]
        case .lines(let lines): return [.tag("pre", lines.joined(separator: "\n"))]
        }
    }
}

extension Table {
    fileprivate var markup: Markup {
        let head = columns.map { Markup.tag("th", $0.attributes, $0.title) }
        let body = rows.map { row in
            Markup.tag(
                "tr", [("class", row.mark.rawValue)],
                columns.indices.map { index in
                    let cell = index < row.cells.count ? row.cells[index] : ""
                    return .tag("td", columns[index].attributes + cell.attributes, cell.text)
                })
        }
        return .tag("table", [], [.tag("thead", [], [.tag("tr", [], head)]), .tag("tbody", [], body)])
    }
}

extension Column {
    fileprivate var attributes: [(String, String)] {
        switch kind {
        case .number: [("class", "n")]
        case .text: [("class", "t")]
        case .phrase, .word: []
        }
    }
}

extension Cell {
    fileprivate var attributes: [(String, String)] {
        guard let shade, shade.isFinite else { return [] }
        let hue = shade >= 0 ? "46,125,50" : "198,40,40"
        return [("style", "background:rgba(\(hue),\(Quantity.number((min(1, abs(shade)) * 75).rounded() / 100)))")]
    }
}

extension Finding {
    /// A table where figures stand behind the findings, else a list.
    fileprivate static func markup(_ findings: [Finding]) -> [Markup] {
        if findings.isEmpty { return [] }
        // In the order of the finding that has most of them: one that only counts its rows comes first.
        var names = findings.max { $0.figures.count < $1.figures.count }?.figures.map(\.name) ?? []
        for name in findings.flatMap({ $0.figures.map(\.name) }) where !names.contains(name) { names.append(name) }
        guard !names.isEmpty else {
            let items = findings.map { finding in
                Markup.tag(
                    "li", [("class", finding.mark.rawValue)],
                    [.tag("b", finding.title)] + finding.text.map { .tag("p", $0) })
            }
            return [.tag("ul", [], items)]
        }
        let head = ["", "What"].map { Markup.tag("th", $0) } + names.map { .tag("th", [("class", "n")], $0) }
        let rows = findings.map { finding in
            let words =
                finding.text.isEmpty
                ? []
                : [
                    Markup.tag(
                        "details", [], [.tag("summary", "in words")] + finding.text.map { .tag("p", $0) })
                ]
            return Markup.tag(
                "tr", [("class", finding.mark.rawValue)],
                [.tag("td", finding.mark.rawValue), .tag("td", [], [.text(finding.title)] + words)]
                    + names.map { name in
                        // On a narrow screen each finding is a card, whose lines name their figures.
                        let value = finding.figures.first { $0.name == name }?.value
                        return .tag(
                            "td", [("class", value == nil ? "n none" : "n"), ("data-name", name)],
                            value ?? Quantity.none)
                    })
        }
        let table = [Markup.tag("thead", [], [.tag("tr", [], head)]), .tag("tbody", [], rows)]
        return [.tag("table", [("class", "cards")], table)]
    }
}

extension Plot {
    /// Intervals are laid out by the page itself, so that their names and numbers stay readable on a narrow screen.
    fileprivate var markup: Markup? {
        if case .intervals(let intervals) = self { return IntervalChart.markup(intervals) }
        return SVGPlot.markup(self)
    }
}
