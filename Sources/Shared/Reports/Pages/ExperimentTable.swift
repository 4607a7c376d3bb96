import Foundation
import Nouns

/// An experiment's trials in order, and as comma-separated values.
package enum ExperimentTable {
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
    static func ranked(_ experiment: Experiment) -> [Trial] {
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
    static func unit(_ experiment: Experiment) -> String { experiment.scales.isEmpty ? "loss" : "bits/byte" }

    /// A value for people.
    static func value(_ value: JSONValue?) -> String {
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

    private static func quoted(_ cell: String) -> String {
        cell.contains { ",\"\r\n".contains($0) }
            ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
    }
}
