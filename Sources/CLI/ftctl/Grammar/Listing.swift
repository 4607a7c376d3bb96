import ArgumentParser
import Foundation
import Reports

/// Options of every command that prints a table.
struct Listing: ParsableArguments {
    @Option(help: "Show these columns, such as run,state (a column is named as above the table, with - for a space).")
    var columns: String?
    @Option(help: ArgumentHelp("Sort by this column.", valueName: "column")) var sort: String?
    @Flag(help: "Turn the order of the rows round.") var reverse = false

    var view: TableView {
        TableView(
            columns: columns?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? [],
            sort: sort?.lowercased(), isReversed: reverse)
    }

    /// Throws a ValidationError for a column that a table of these rows has not.
    func check<Row: TableRow>(_ rows: Row.Type) throws {
        if let objection = view.objection(Row.columns) { throw ValidationError(objection) }
    }
}

/// A number of rows on the command line: at least one.
struct RowLimit: ExpressibleByArgument, CustomStringConvertible {
    var count: Int

    init(_ count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), count > 0 else { return nil }
        self.count = count
    }

    var description: String { String(count) }
}
