/// What a program has to say, without a form yet: blocks in order, printed as text or as an HTML page.
///
/// Every string is plain text; the printers make it safe for a terminal or for HTML.
package struct Document: Sendable {
    /// What it is about, such as `Run r-000001 of tickets`.
    package var title: String?
    /// What became of it, in a word.
    package var badge: Badge?
    package var blocks: [Block]

    /// A word with the colour of a mark.
    package struct Badge: Sendable {
        package var word: String
        package var mark: Mark
        package init(_ word: String, _ mark: Mark = .none) {
            self.word = word
            self.mark = mark
        }
    }

    /// Makes a document; blocks that hold nothing are left out when it is printed.
    package init(title: String? = nil, badge: Badge? = nil, _ blocks: [Block] = []) {
        self.title = title
        self.badge = badge
        self.blocks = blocks
    }

    /// One paragraph.
    package static func sentence(_ text: String) -> Document { Document([.paragraph(text)]) }

    /// One table of nouns that know their own row.
    package static func list<Row: TableRow>(_ rows: [Row], none: String, _ view: TableView = TableView()) -> Document {
        Document([rows.isEmpty ? .paragraph(none) : .table(Table(rows, view))])
    }
}

/// One part of a document.
package enum Block: Sendable {
    case heading(String)
    /// Sentences; a line feed begins a new line.
    case paragraph(String)
    case facts([Fact])
    case table(Table)
    case findings([Finding])
    case plot(Plot, caption: String? = nil)
    /// Lines that are kept as they are, such as a piece of TOML.
    case lines([String])
    /// What few readers look at, under a heading; a page folds it.
    case folded(String, [Block])
}

/// A name and its value.
package struct Fact: Sendable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// The facts of which the value is known.
    package static func known(_ facts: [(String, String?)]) -> [Fact] {
        facts.compactMap { name, value in value.map { Fact(name, $0) } }
    }
}

/// How something came out; a sign in text, a colour in HTML.
package enum Mark: String, Sendable {
    case pass, fail, inconclusive, warning, advice, none

    /// What stands before it in text.
    package var sign: String {
        switch self {
        case .pass: "✓"
        case .fail: "✗"
        case .inconclusive: "?"
        case .warning: "!"
        case .advice: "→"
        case .none: "·"
        }
    }
}

/// Something that was found: a mark, what it is about, sentences on it, and the figures behind it.
package struct Finding: Sendable {
    package var mark: Mark
    package var title: String
    package var text: [String]
    package var figures: [Fact]
    package init(_ mark: Mark, _ title: String, text: [String] = [], figures: [Fact] = []) {
        self.mark = mark
        self.title = title
        self.text = text
        self.figures = figures
    }
}
