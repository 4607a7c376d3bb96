import Nouns
import Reports

extension AuditRecord: TableRow {
    package static var columns: [Column] {
        ["WHEN", "WHO", .number("UID"), .number("PID"), "ACTION", "SUBJECT", .text("DETAIL"), "OUTCOME"]
    }

    package static var usualColumns: [String]? { ["when", "who", "pid", "action", "subject", "detail", "outcome"] }

    package var cells: [Cell] {
        [
            .time(at), Cell(who), uid.map { .count(Int($0)) } ?? Cell(Quantity.none),
            pid.map { .count(Int($0)) } ?? Cell(Quantity.none), Cell(action), Cell(subject), Cell(detail),
            Cell(outcome),
        ]
    }
}
