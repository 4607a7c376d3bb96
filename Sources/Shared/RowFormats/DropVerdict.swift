import Nouns

/// Whether a drop's good rows go on, or the drop is put aside as a whole.
package enum DropVerdict {
    /// The fault of the whole file, from its report; nil where its good rows go on.
    package static func quarantine(_ report: IntakeReport, maximumBadShare: Double) -> Failure? {
        // What kept the file from being read at all is the reason, whatever could be read of it.
        if let failure = report.quarantined { return failure }
        if report.bytes == 0 {
            return Failure(
                code: "intake.empty_file", "There are no rows in it.", at: report.name,
                remedy: "Drop it again once it has rows.")
        }
        if report.rowsRead == 0 {
            return Failure(
                code: "intake.no_rows", "The file has no rows.", at: report.name,
                remedy: "Write one JSON object a line, or a table with a row of column names.")
        }
        if report.rowsRejected == report.rowsRead {
            let first =
                report.problems.first { $0.severity == .error }.map { " The first: line \($0.line): \($0.message)" }
                ?? ""
            let none = report.rowsRead == 1 ? "The one row cannot" : "None of the \(report.rowsRead) rows can"
            return Failure(
                code: "intake.no_good_row", "\(none) be used.\(first)", at: report.name,
                remedy: report.problems.first { $0.severity == .error }?.fix ?? "Mend the rows and drop the file again."
            )
        }
        let share = Double(report.rowsRejected) / Double(report.rowsRead)
        guard share > maximumBadShare else { return nil }
        return Failure(
            code: "intake.too_many_bad_rows",
            """
            \(report.rowsRejected) of \(report.rowsRead) rows \(report.rowsRejected == 1 ? "is" : "are") bad, more \
            than the share of \(maximumBadShare) that data.maximum_bad_share allows.
            """,
            at: report.name, remedy: "Mend the rows that report.json names and drop the file again.")
    }
}
