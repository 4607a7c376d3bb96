import Nouns
import Reports

extension Experiment: TableRow {
    package static var columns: [Column] {
        [
            "EXPERIMENT", "PIPELINE", "STATE", "STRATEGY", .number("TRIALS"), .number("TOKENS"), .number("SPENT"),
            "RUN", .text("WHAT"),
        ]
    }

    package var cells: [Cell] {
        [
            Cell(id.rawValue), Cell(pipeline.rawValue), Cell(state.rawValue), Cell(settings.strategy.rawValue),
            .count(trials.count), .count(tokens), .duration(seconds),
            Cell(run?.rawValue ?? Quantity.none), Cell(conclusion ?? ""),
        ]
    }
}
