import ControlProtocol
import Reports

extension TokenSummary: TableRow {
    package static var columns: [Column] { ["TOKEN", "MAY", "ID", "MADE", "BY"] }

    package var cells: [Cell] {
        [Cell(name), Cell(role.rawValue), Cell(owner), Cell(Quantity.time(createdAt)), Cell(createdBy)]
    }
}
