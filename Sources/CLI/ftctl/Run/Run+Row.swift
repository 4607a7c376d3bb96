import Foundation
import Nouns
import Reports

extension Run: TableRow {
    package static var columns: [Column] {
        ["RUN", "PIPELINE", "MODE", "STATE", "CREATED", .number("TOOK"), .text("WHAT")]
    }

    package var cells: [Cell] {
        let took = startedAt.flatMap { start in finishedAt.map { $0.timeIntervalSince(start) } }
        return [
            Cell(id.rawValue), Cell(pipeline.rawValue), Cell(mode.rawValue),
            Cell(paused == nil ? state.rawValue : "paused"),
            Cell(Quantity.time(createdAt)), Cell(Quantity.duration(took)),
            Cell(cause?.message ?? verdict?.summary ?? ""),
        ]
    }
}
