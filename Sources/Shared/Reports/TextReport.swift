import ControlProtocol
import Foundation
import Nouns

/// Reports in words, for terminals and the journal.
package enum TextReport {
    /// Every gate of a verdict in words: what was asked, what was found, by which test, and what to do.
    package static func explain(_ run: Run) -> String {
        guard let verdict = run.verdict else {
            return "Run \(run.id) of \(run.pipeline) is \(run.state.rawValue); it has not been judged."
        }
        var lines = [
            "Run \(run.id) of \(run.pipeline): \(word(verdict.outcome)).",
            verdict.summary + ".",
            verdict.baseline.map { "It was compared with \($0), which was served when it was judged." }
                ?? "Nothing was served yet, so it was compared with the base \(run.base).",
            "",
        ]
        for (number, gate) in verdict.gates.enumerated() {
            lines.append("\(number + 1). \(mark(gate.outcome)) \(gate.rule)")
            lines.append("   \(gate.explanation)")
            if let confidence = gate.confidence, let lower = gate.lowerBound, let upper = gate.upperBound {
                let level = ReportNumber.text(confidence * 100)
                lines.append(
                    """
                       rows \(gate.rows), difference \(ReportNumber.signed(gate.difference)), one-sided \(level) \
                    % bounds 
                    """
                        + """
                        \(ReportNumber.signed(lower)) and \(ReportNumber.signed(upper)), p \
                        \(ReportNumber.text(gate.pValue))
                        """
                )
            }
        }
        if !verdict.advice.isEmpty {
            lines += ["", "What to try:"]
            lines += verdict.advice.map { "- \($0.action.replacingOccurrences(of: "_", with: " ")): \($0.reason)" }
        }
        lines.append("")
        lines.append("Bootstrap seed \(verdict.seed); the same scores give the same verdict.")
        return lines.joined(separator: "\n")
    }

    /// The whole report: figures of every model and set, the gates, and the training.
    package static func text(_ data: ReportData) -> String {
        var parts = [explain(data.run)]
        if let verdict = data.run.verdict {
            for set in ReportSets.ordered(verdict) { parts.append(figures(verdict, set)) }
            if let confusion = verdict.confusion { parts.append(matrix(confusion)) }
        }
        if let training = data.run.training {
            parts.append(
                """
                Training: \(training.steps) steps (weights of step \(training.bestStep)), loss \
                \(ReportNumber.text(training.finalLoss)), 
                """
                    + """
                    validation \(ReportNumber.text(training.startValidationLoss)) → \
                    \(ReportNumber.text(training.validationLoss)), 
                    """
                        + """
                        \(ReportNumber.text(training.tokensPerSecond)) tokens/s, peak \
                        \(training.peakMemoryBytes >> 20) MiB.
                        """
            )
        }
        if let range = data.run.range { parts.append(RangeTestReport.text(range, notes: data.run.notes)) }
        for (title, rows) in [("Regressions", data.regressions), ("Fixes", data.fixes), ("Highest loss", data.worst)]
        where !rows.isEmpty {
            parts.append("\(title):\n" + rows.map(example).joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    /// Columns padded to their widest cell, the first to the left and numbers to the right.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func figures(_ verdict: Verdict, _ set: SetName) -> String {
        let models = ModelRole.compared.filter { verdict.figures[$0]?[set] != nil }
        let keys = Set(models.flatMap { verdict.figures[$0]?[set].map { Array($0.keys) } ?? [] }).sorted()
        let rows = keys.map { key in [key.rawValue] + models.map { ReportNumber.text(verdict.figures[$0]?[set]?[key]) }
        }
        return table([["set \(set)"] + models.map(\.rawValue)] + rows)
    }

    private static func matrix(_ confusion: [String: [String: Int]]) -> String {
        let truths = confusion.keys.sorted()
        let extra = Set(confusion.values.flatMap(\.keys)).subtracting(truths).sorted()
        let rows = truths.map { truth in [truth] + (truths + extra).map { String(confusion[truth]?[$0] ?? 0) } }
        return table([["true \\ answered"] + truths + extra] + rows)
    }

    private static func example(_ pair: ExampleComparison) -> String {
        let record = pair.candidate
        func line(_ text: String) -> String { String(text.replacingOccurrences(of: "\n", with: " ⏎ ").prefix(160)) }
        return """
            - \(line(record.prompt))
                wanted    \(line(record.reference))
                candidate \(line(record.output ?? "–"))
                before    \(line(pair.served?.output ?? "–"))
            """
    }

    private static func mark(_ outcome: Verdict.Outcome) -> String {
        switch outcome {
        case .pass: "✓"
        case .fail: "✗"
        case .inconclusive: "?"
        }
    }

    private static func word(_ outcome: Verdict.Outcome) -> String {
        switch outcome {
        case .pass: "passed"
        case .fail: "rejected"
        case .inconclusive: "undecided"
        }
    }
}
