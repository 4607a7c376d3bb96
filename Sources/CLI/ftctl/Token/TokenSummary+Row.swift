import ControlProtocol
import Reports

extension TokenSummary: TableRow {
    package static var columns: [Column] { ["TOKEN", "MAY", "MADE", "BY"] }

    package var cells: [Cell] {
        [Cell(name), Cell(role.rawValue), Cell(Quantity.time(createdAt)), Cell(createdBy)]
    }
}
