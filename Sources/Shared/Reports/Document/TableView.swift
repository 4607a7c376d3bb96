import Nouns

/// Which columns of a table are shown, and in which order its rows stand.
package struct TableView: Sendable {
    /// Words of columns; empty for the usual ones.
    package var columns: [String]
    /// The word of the column to sort by; nil leaves the rows as they came.
    package var sort: String?
    package var isReversed: Bool
    package init(columns: [String] = [], sort: String? = nil, isReversed: Bool = false) {
        self.columns = columns
        self.sort = sort
        self.isReversed = isReversed
    }

    /// The first column that is asked for and that there is not, with what helps.
    package func objection(_ columns: [Column]) -> String? {
        let words = columns.map(\.word)
        guard let unknown = (self.columns + [sort].compactMap(\.self)).first(where: { !words.contains($0) }) else {
            return nil
        }
        return "There is no column '\(unknown)'. "
            + (NearestName.question(unknown, among: words) ?? "Use: \(words.joined(separator: ", ")).")
    }

    /// Sorts by any column, then leaves those that are shown. Columns that there are not are passed over.
    func apply(to table: inout Table, usual: [String]?) {
        let words = table.columns.map(\.word)
        if let index = sort.flatMap({ words.firstIndex(of: $0) }) {
            // The order in which rows came counts among equal ones.
            let rows = table.rows.enumerated().sorted { first, second in
                let (a, b) = (first.element.cells[index], second.element.cells[index])
                if Self.precedes(a, b) { return !isReversed }
                if Self.precedes(b, a) { return isReversed }
                return first.offset < second.offset
            }
            table.rows = rows.map(\.element)
        } else if isReversed {
            table.rows.reverse()
        }
        let wanted = columns.isEmpty ? usual ?? [] : columns
        guard !wanted.isEmpty else { return }
        let places = wanted.compactMap { words.firstIndex(of: $0) }
        table.columns = places.map { table.columns[$0] }
        table.rows = table.rows.map { row in Table.Row(places.map { row.cells[$0] }, mark: row.mark) }
    }

    /// Numbers by their value, texts by their characters; what is not there comes last.
    private static func precedes(_ a: Cell, _ b: Cell) -> Bool {
        if let first = a.value, let second = b.value { return first < second }
        if (a.text == Quantity.none) != (b.text == Quantity.none) { return b.text == Quantity.none }
        return a.text < b.text
    }
}
