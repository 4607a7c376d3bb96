import ControlProtocol
import Foundation
import Nouns

extension RunDocument {
    /// What the figures of what was chosen by gate rows are to be held against: rows that came after.
    static func since(_ data: ReportData) -> [Block] {
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        return (data.sinceChosen ?? [:]).sorted { $0.key < $1.key }.compactMap { version, figure in
            guard let lower = figure.lower, let upper = figure.upper else { return nil }
            let name = version == data.run.version ? "the candidate \(version)" : "the baseline \(version)"
            return .paragraph(
                """
                Of \(Quantity.counted(figure.asked, "row")) that came after it was chosen, \(name) answered \
                \(text(figure.share)) rightly (95 % interval \(text(lower)) to \(text(upper))). Gate rows chose it, so \
                that its figures on them flatter it.
                """)
        }
    }

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
