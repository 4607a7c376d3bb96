import Nouns
import Platform
import Reports
import RowFormats

/// What was found in a dropped file, or in one that could be dropped.
enum IntakeDocument {
    /// Of a drop.
    static func judged(_ report: IntakeReport) -> [Block] {
        var blocks: [Block] = [.paragraph("\(name(report)): \(rows(report)) known already.")]
        if let source = report.source { blocks.append(.paragraph("It came from \(RawPath.shown(source.utf8)).")) }
        if let failure = report.quarantined { blocks.append(.paragraph("It is quarantined: \(failure)")) }
        blocks += problems(report, limit: .max)
        if let all = report.allProblems {
            blocks.append(.paragraph("Every problem is in \(all) beside the drop's original."))
        }
        return blocks
    }

    /// Of a file that was looked at only.
    ///
    /// - Parameter isWhole: whether everything that was to be checked could be.
    static func checked(_ report: IntakeReport, limit: Int, isWhole: Bool) -> [Block] {
        let formats = (report.formats ?? [:]).sorted { $0.key < $1.key }.map {
            $0.value == 1 ? $0.key : "\($0.value) × \($0.key)"
        }
        let kind = (formats + [Quantity.bytes(report.bytes)]).joined(separator: ", ")
        var blocks: [Block] = [.paragraph("\(name(report)) (\(kind)): \(rows(report)) twice.")]
        if let shapes = report.shapes, !shapes.isEmpty {
            blocks.append(.paragraph("Shapes: \(Quantity.counts(shapes))"))
        }
        blocks += problems(report, limit: limit)
        if let failure = report.quarantined {
            // In a folder it matters which file it is.
            let file = failure.place.flatMap { $0 == report.name || $0.hasPrefix("/") ? nil : $0 + ": " } ?? ""
            blocks.append(.paragraph("It would be quarantined: \(file)\(failure.message) \(failure.remedy ?? "")"))
        }
        if isWhole, !hasErrors(report) {
            blocks.append(.paragraph("It can be dropped as it is."))
        } else if isWhole, report.quarantined == nil, report.rowsAccepted > 0 {
            let bad = Quantity.counted(report.rowsRejected, "bad row")
            blocks.append(
                .paragraph(
                    """
                    It can be dropped: \(Quantity.counted(report.rowsAccepted, "row")) would be taken, and \(bad) left \
                    out and listed. Corrected, they can be dropped later.
                    """))
        } else if isWhole, report.quarantined == nil {
            blocks.append(.paragraph("It would be stored, and no row of it could be learnt from as it is."))
        }
        return blocks
    }

    /// Whether anything but warnings was found, in a row or beside the rows.
    static func hasErrors(_ report: IntakeReport) -> Bool {
        report.quarantined != nil || report.rowsRejected > 0
            || (report.problemCounts ?? [:]).keys.contains { ProblemCode(rawValue: $0)?.severity == .error }
    }

    /// One line a problem, at most `limit`, and how many there are in all where that is more.
    private static func problems(_ report: IntakeReport, limit: Int) -> [Block] {
        var lines = Self.together(report.problems).prefix(max(0, limit)).map { problem, others in
            let place = [
                problem.file, problem.line > 0 ? "line \(problem.line)" : nil,
                problem.pointer.isEmpty ? nil : problem.pointer,
            ].compactMap { $0 }.joined(separator: " ")
            return """
                \(place.isEmpty ? "file" : place): \(problem.severity.rawValue) \(problem.code): \
                \(problem.message)\(problem.fix.map { " \($0)" } ?? "")\
                \(others.isEmpty ? "" : " The same in \(lineList(others)).")
                """
        }
        let counts = report.problemCounts ?? [:]
        let all = counts.values.reduce(0, +)
        if all > report.problems.count || Self.together(report.problems).count > limit {
            lines.append("… \(all) problems in all: \(Quantity.counts(counts))")
        }
        // A message may quote the data; a line feed in it must not begin a line of its own.
        return lines.map { .paragraph($0.replacing("\n", with: " ⏎ ")) }
    }

    /// Problems that say the same of several rows of a file become one, with the other lines.
    private static func together(_ problems: [RowProblem]) -> [(problem: RowProblem, others: [Int])] {
        var result: [(problem: RowProblem, others: [Int])] = []
        var places: [String: Int] = [:]
        for problem in problems {
            let key = [problem.file ?? "", problem.code, problem.pointer, problem.message, problem.fix ?? ""]
                .joined(separator: "\u{0}")
            if let place = places[key], problem.line > 0 {
                result[place].others.append(problem.line)
            } else {
                places[key] = result.count
                result.append((problem, []))
            }
        }
        return result
    }

    /// A few lines by number, and how many more.
    private static func lineList(_ lines: [Int]) -> String {
        let shown = lines.prefix(8).map(String.init).joined(separator: ", ")
        let more = lines.count > 8 ? " and \(lines.count - 8) more" : ""
        return "\(lines.count == 1 ? "line" : "lines") \(shown)\(more)"
    }

    private static func name(_ report: IntakeReport) -> String { RawPath.shown(report.name.utf8) }

    private static func rows(_ report: IntakeReport) -> String {
        """
        \(Quantity.counted(report.rowsRead, "row")) read, \(report.rowsAccepted) good, \(report.rowsRejected) bad, \
        \(report.rowsDuplicate)
        """
    }
}
