import ControlProtocol
import Nouns
import Reports

extension PipelineSummary: TableRow {
    package static var columns: [Column] {
        [
            "PIPELINE", "BASE", .number("TRAIN"), .number("VALIDATION"), .number("GATE"), "SERVED", .phrase("LAST RUN"),
            .text("NOW"),
        ]
    }

    /// What fits 80 columns; the others are for --columns.
    package static var usualColumns: [String]? { ["pipeline", "train", "gate", "served", "last-run", "now"] }

    package var cells: [Cell] {
        [
            Cell(name.rawValue), Cell(base.rawValue), .count(rows[.train] ?? 0), .count(rows[.validation] ?? 0),
            .count(rows[.gate] ?? 0), Cell(served?.rawValue ?? "the base"),
            Cell(lastRun.map { "\($0) \(lastRunState?.rawValue ?? "")" } ?? Quantity.none), Cell(activity),
        ]
    }
}

extension PipelineSummary {
    /// What else a person should know of it.
    var remarkFindings: [Finding] { (remarks ?? []).map { Finding(.none, "\(name): \($0)") } }

    /// What lies in its drop folder and is not taken yet, each with the reason.
    var waitingFindings: [Finding] {
        (waiting ?? []).map {
            Finding(.none, "\(dropFolder)/\($0.name) waits since \(Quantity.time($0.since)): \($0.reason)")
        }
    }
}
