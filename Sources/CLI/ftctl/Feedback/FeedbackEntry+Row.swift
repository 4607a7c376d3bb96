import ControlProtocol
import Reports

extension FeedbackEntry: TableRow {
    package static var columns: [Column] {
        ["COMPLETION", "VERSION", "RATING", "BY", "AT", "DROP", .text("CORRECTION OR NOTE")]
    }

    package var cells: [Cell] {
        let row = drop.map { "\($0)" + (dropState.map { " (\($0.rawValue))" } ?? "") }
        return [
            Cell(completion), Cell(version?.rawValue ?? "the base"), Cell(rating.rawValue), Cell(by),
            Cell(Quantity.time(at)), Cell(row ?? Quantity.none), Cell(correction ?? note ?? ""),
        ]
    }
}
