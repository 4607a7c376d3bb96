import Nouns
import Platform
import Reports

extension Drop: TableRow {
    package static var columns: [Column] {
        [
            "DROP", "PIPELINE", "FILE", "STATE", .number("GOOD"), .number("BAD"), .number("KNOWN"), .phrase("RECEIVED"),
            .text("NOTE"),
        ]
    }

    package var cells: [Cell] {
        [
            Cell(id.rawValue), Cell(pipeline.rawValue), Cell(shownName), Cell(state.rawValue), .count(rowsAccepted),
            .count(rowsRejected), .count(rowsDuplicate), .time(receivedAt), Cell(note ?? ""),
        ]
    }

    /// Its name for people.
    var shownName: String { RawPath.shown(name.utf8) }
}
