import ControlProtocol
import Nouns

extension RunDocument {
    /// How what was served did on the run's new rows before they were learnt; nothing where nobody asked.
    static func newRows(_ drops: [AnsweredDrop]) -> [Block] {
        guard !drops.isEmpty else { return [] }
        let columns: [Column] = [
            "DROP", "ASKED OF", .number("ROWS"), .number("RIGHT"), .number("LOSS"), .text("NOTE"),
        ]
        return [
            .heading("Its new rows, before they were learnt"),
            .table(
                Table(
                    columns,
                    cells: drops.map { drop in
                        let answers = drop.answers
                        return [
                            Cell(drop.drop.rawValue), Cell(answers.version.rawValue), .count(answers.asked),
                            .number(answers.share), .number(answers.loss), Cell(answers.note ?? ""),
                        ]
                    })),
            .paragraph("What was served answered them first, so that no run was chosen by these figures."),
        ]
    }
}
