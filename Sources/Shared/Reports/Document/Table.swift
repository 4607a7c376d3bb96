import Foundation

/// Rows under columns.
package struct Table: Sendable {
    package var columns: [Column]
    package var rows: [Row]

    /// One row; its mark gives it a colour in HTML and says nothing in text.
    package struct Row: Sendable {
        package var cells: [Cell]
        package var mark: Mark
        package init(_ cells: [Cell], mark: Mark = .none) {
            self.cells = cells
            self.mark = mark
        }
    }

    package init(_ columns: [Column], _ rows: [Row]) {
        self.columns = columns
        self.rows = rows
    }

    package init(_ columns: [Column], cells: [[Cell]]) { self.init(columns, cells.map { Row($0) }) }

    /// A table of nouns that know their own row.
    package init<Noun: TableRow>(_ nouns: [Noun], _ view: TableView = TableView()) {
        self.init(Noun.columns, cells: nouns.map(\.cells))
        view.apply(to: &self, usual: Noun.usualColumns)
    }
}

/// A noun that stands in one row of a table.
package protocol TableRow {
    /// The columns of every such row.
    static var columns: [Column] { get }
    /// As many as there are columns.
    var cells: [Cell] { get }
    /// The words of the columns that are shown where nobody asks for others; nil for all.
    static var usualColumns: [String]? { get }
}

extension TableRow {
    package static var usualColumns: [String]? { nil }
}

/// What stands above a column, and how its cells are laid out.
package struct Column: Sendable, ExpressibleByStringLiteral {
    package enum Kind: Sendable {
        /// Short text that is never broken.
        case word
        /// A number, to the right.
        case number
        /// A few words, such as a run and its state: broken between them where a terminal is narrow.
        case phrase
        /// Sentences, which are broken where a terminal is narrow.
        case text
    }

    package var title: String
    package var kind: Kind
    package init(_ title: String, _ kind: Kind = .word) {
        self.title = title
        self.kind = kind
    }
    package init(stringLiteral value: String) { self.init(value) }
    package static func number(_ title: String) -> Column { Column(title, .number) }
    package static func phrase(_ title: String) -> Column { Column(title, .phrase) }
    package static func text(_ title: String) -> Column { Column(title, .text) }

    /// What names the column on the command line: `last-run` for LAST RUN.
    package var word: String { title.lowercased().replacing(" ", with: "-") }
}

/// What stands in one place of a table.
package struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    package var text: String
    /// -1 ... 1, the strength of a background in HTML: positive for what is right, negative for what is wrong.
    package var shade: Double?
    /// What it is sorted by, where that is not its text.
    package var value: Double?
    package init(_ text: String, shade: Double? = nil, value: Double? = nil) {
        self.text = text
        self.shade = shade
        self.value = value
    }
    package init(stringLiteral value: String) { self.init(value) }
    /// A number; a dash where there is none.
    package static func number(_ value: Double?) -> Cell { Cell(Quantity.number(value), value: value) }
    /// A count.
    package static func count(_ value: Int) -> Cell { Cell(String(value), value: Double(value)) }
    /// A size.
    package static func bytes(_ count: Int) -> Cell { Cell(Quantity.bytes(count), value: Double(count)) }
    /// How long something took; a dash where that is not known.
    package static func duration(_ seconds: Double?) -> Cell { Cell(Quantity.duration(seconds), value: seconds) }
    /// A moment; a dash where there is none.
    package static func time(_ date: Date?) -> Cell {
        Cell(Quantity.time(date), value: date?.timeIntervalSince1970)
    }
}
