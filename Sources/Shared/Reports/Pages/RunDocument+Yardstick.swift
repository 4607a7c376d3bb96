import Nouns

extension RunDocument {
    /// The simplest alternatives beside base, served model and candidate; nothing where rows have no classes.
    static func yardstick(_ verdict: Verdict, _ record: YardstickRecord?) -> [Block] {
        let heading = Block.heading("The simplest alternatives")
        if let failure = record?.failure {
            return [heading, .paragraph("They could not be measured: \(failure)")]
        }
        guard let found = verdict.yardstick, let first = found.first else { return [] }
        let hasServed = first.served != nil
        let columns: [Column] =
            ["", .number("ACCURACY"), Column("CANDIDATE'S LEAD")] + (hasServed ? [Column("SERVED MODEL'S LEAD")] : [])
        let alternatives = found.map { finding in
            [
                Cell(finding.alternative.rawValue), Cell.number(finding.accuracy), Cell(lead(finding.candidate)),
            ] + (hasServed ? [Cell(finding.served.map(lead) ?? Quantity.none)] : [])
        }
        let models: [(String, YardstickFinding.Lead?)] = [
            ("the base", first.base), ("the served model", first.served), ("the candidate", first.candidate),
        ]
        let others = models.compactMap { name, lead in
            lead.map { lead in
                [Cell(name), Cell.number(first.accuracy + lead.difference), Cell("")] + (hasServed ? [Cell("")] : [])
            }
        }
        let learnt = found.map { "\($0.alternative.rawValue) \($0.learnt)" }.joined(separator: ", ")
        return [
            heading, .table(Table(columns, cells: alternatives + others)),
            .paragraph(
                """
                Accuracy on the same \(Quantity.counted(first.rows, "gate row")), leads with one-sided bounds. \
                Training rows that each was fitted to: \(learnt).
                """),
        ]
    }

    private static func lead(_ lead: YardstickFinding.Lead) -> String {
        "\(Quantity.signed(lead.difference)) (\(Quantity.signed(lead.lower)) to \(Quantity.signed(lead.upper)))"
    }
}
