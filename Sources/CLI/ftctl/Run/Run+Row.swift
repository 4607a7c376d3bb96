import Foundation
import Nouns
import Reports

extension Run: TableRow {
    package static var columns: [Column] {
        ["RUN", "PIPELINE", "MODE", "STATE", .phrase("CREATED"), .number("TOOK"), .text("WHAT")]
    }

    /// What fits 80 columns.
    package static var usualColumns: [String]? { ["run", "pipeline", "state", "created", "took", "what"] }

    package var cells: [Cell] {
        let took = startedAt.flatMap { start in finishedAt.map { $0.timeIntervalSince(start) } }
        return [
            Cell(id.rawValue), Cell(pipeline.rawValue), Cell(mode.rawValue),
            Cell(paused == nil ? state.rawValue : "paused"),
            .time(createdAt), .duration(took),
            Cell(cause?.message ?? verdict?.summary ?? ""),
        ]
    }
}
