import Foundation
import Nouns

/// An experiment's trials as tables and terminal plots.
package enum ExperimentTable {
    /// One line a trial, best first: values, where it stands, losses, what was said of it.
    package static func text(_ experiment: Experiment) -> String {
        let names = columns(experiment)
        let order = ranked(experiment)
        let rows = order.map { trial -> [String] in
            let loss = trial.losses.last.map { String(format: "%.4f", $0) } ?? "–"
            let gap =
                trial.trainLoss.flatMap { train in trial.curve.last.map { String(format: "%+.3f", $0.loss - train) } }
                ?? "–"
            return [mark(trial, experiment) + String(trial.number)] + names.map { value(trial.values[$0]) } + [
                rungs(trial, experiment), loss, gap, String(trial.tokens), String(format: "%.0f", trial.seconds),
                trial.fault ?? trial.note ?? "",
            ]
        }
        return table([["trial"] + names + ["rung", unit(experiment), "gap", "tokens", "s", ""]] + rows)
    }

    /// Learning curves of the best trials over the steps.
    package static func curves(_ experiment: Experiment, most: Int = 6) -> String {
        let lines = ranked(experiment).filter { $0.curve.count > 1 }.prefix(most).map { trial in
            TerminalPlot.Line(name: "trial \(trial.number)", points: trial.curve.map { (Double($0.step), $0.loss) })
        }
        return lines.isEmpty ? "" : TerminalPlot.lines(Array(lines), x: "step", y: "validation, \(unit(experiment))")
    }

    /// Parallel coordinates in characters: one line a dimension, each trial's number where its value lies; the best
    /// trials last, so that they cover the others.
    package static func coordinates(_ experiment: Experiment, width: Int = 60) -> String {
        let trials = ranked(experiment).filter { !$0.losses.isEmpty }
        guard trials.count > 1 else { return "" }
        let axes = ParallelAxes(experiment)
        return (axes.names + [unit(experiment)]).map { name in
            var cells = [Character](repeating: "·", count: width)
            for (rank, trial) in trials.enumerated().reversed() {
                guard let place = axes.place(name, trial) else { continue }
                let column = min(width - 1, max(0, Int((place * Double(width - 1)).rounded())))
                cells[column] = rank == 0 ? "★" : rank < 3 ? "●" : "○"
            }
            let (low, high) = axes.ends(name)
            return "\(pad(name, 18)) \(pad(low, 9, left: true)) \(String(cells)) \(high)"
        }.joined(separator: "\n") + "\n★ the best trial, ● the next two, ○ the others"
    }

    /// Every trial as comma-separated values (RFC 4180), the curve as `step:loss` pairs.
    package static func csv(_ experiment: Experiment) -> String {
        let names = columns(experiment)
        let rungs = (0..<experiment.rungs).map { "rung_\($0)" }
        var lines = [
            ["experiment", "trial"] + names + rungs + [
                "train_loss", "tokens", "seconds", "winner", "fault", "note", "curve", "train_curve",
            ]
        ]
        for trial in experiment.trials {
            let losses = (0..<experiment.rungs).map { $0 < trial.losses.count ? exact(trial.losses[$0]) : "" }
            lines.append(
                [experiment.id.rawValue, String(trial.number)] + names.map { raw(trial.values[$0]) } + losses + [
                    trial.trainLoss.map(exact) ?? "", String(trial.tokens), exact(trial.seconds),
                    experiment.winner == trial.number ? "true" : "false",
                    trial.fault ?? "", trial.note ?? "",
                    trial.curve.map { "\($0.step):\(exact($0.loss))" }.joined(separator: " "),
                    zip(trial.curve, trial.trainLosses).map { "\($0.step):\(exact($1))" }.joined(separator: " "),
                ])
        }
        return lines.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    /// The best trial first: by the highest rung reached, then by the loss there; faults last.
    package static func ranked(_ experiment: Experiment) -> [Trial] {
        experiment.trials.sorted { left, right in
            if left.losses.count != right.losses.count { return left.losses.count > right.losses.count }
            switch (left.losses.last, right.losses.last) {
            case (let a?, let b?) where a != b: return a < b
            default: return left.number < right.number
            }
        }
    }

    /// Names of the values that differ between trials.
    static func columns(_ experiment: Experiment) -> [String] {
        Set(experiment.trials.flatMap(\.values.keys)).union(experiment.settings.search.map(\.name)).sorted()
    }

    /// What losses are measured in.
    package static func unit(_ experiment: Experiment) -> String { experiment.scales.isEmpty ? "loss" : "bits/byte" }

    /// A value for people.
    package static func value(_ value: JSONValue?) -> String {
        switch value {
        case .number(let number): String(format: "%.3g", number)
        default: raw(value)
        }
    }

    private static func raw(_ value: JSONValue?) -> String {
        switch value {
        case .number(let number): exact(number)
        case .integer(let number): String(number)
        case .string(let text): text
        case .bool(let flag): String(flag)
        default: ""
        }
    }

    private static func exact(_ number: Double) -> String { String(number) }

    private static func mark(_ trial: Trial, _ experiment: Experiment) -> String {
        experiment.winner == trial.number ? "★ " : trial.running != nil ? "▶ " : trial.fault != nil ? "✗ " : "  "
    }

    private static func rungs(_ trial: Trial, _ experiment: Experiment) -> String {
        let done = "\(trial.losses.count)/\(experiment.rungs)"
        guard let live = experiment.live, live.trial == trial.number, let step = live.step else { return done }
        return "\(done) step \(step.step)/\(step.steps)"
    }

    private static func quoted(_ cell: String) -> String {
        cell.contains { ",\"\r\n".contains($0) }
            ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
    }

    private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return left ? space + text : text + space
    }

    private static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in column == row.count - 1 ? cell : pad(cell, widths[column]) }.joined(
                separator: "  ")
        }.joined(separator: "\n")
    }
}
