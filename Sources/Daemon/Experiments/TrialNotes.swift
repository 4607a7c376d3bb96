import Foundation
import Nouns
import Reports

/// What a trial's curves say besides who won.
package enum TrialNotes {
    /// How far validation loss has risen above its own minimum, named where training loss went on falling.
    package static func overfitting(_ trial: Trial) -> String? {
        guard let last = trial.curve.last, let best = trial.curve.min(by: { $0.loss < $1.loss }), best.loss > 0,
            let train = trial.trainLoss
        else { return nil }
        let rise = last.loss / best.loss - 1
        guard rise > 0.05, train < best.loss else { return nil }
        return String(
            format: "overfits: validation loss is %.0f %% above its minimum at step %d, while training loss is %.3f",
            rise * 100, best.step, train)
    }

    /// The winner beside the present recipe, in a sentence.
    package static func conclusion(_ experiment: Experiment, reason: String) -> String {
        let trials = Quantity.counted(experiment.trials.count, "trial")
        let spent = "\(trials), \(experiment.tokens) tokens, \(Int(experiment.seconds)) s"
        guard let winner = ExperimentRules.winner(experiment), let loss = winner.losses.last else {
            return "Nothing was found after \(spent): \(reason)."
        }
        var text = "\(reason.prefix(1).uppercased())\(reason.dropFirst()) (\(spent)). "
        if winner.number == 0 {
            text += String(format: "The present recipe is the best of them, with a validation loss of %.4f.", loss)
        } else {
            text +=
                "Trial \(winner.number) is the best: \(show(winner.values))"
                + String(format: ", validation loss %.4f", loss)
            if let present = experiment.trials.first, let own = present.losses.last {
                let rung = min(present.losses.count, winner.losses.count) - 1
                text += String(
                    format: "; the present recipe had %.4f%@.",
                    present.losses.count == winner.losses.count ? own : present.losses[rung],
                    present.losses.count == winner.losses.count
                        ? "" : String(format: " where it was stopped, and the winner %.4f there", winner.losses[rung]))
            } else {
                text += "."
            }
        }
        if let note = overfitting(winner) { text += " It \(note): try more regularisation or patience." }
        return text
    }

    /// `learning_rate 0.0012, rank 16`.
    package static func show(_ values: [String: JSONValue]) -> String {
        values.sorted { $0.key < $1.key }.map { name, value in
            switch value {
            case .number(let number): "\(name) \(String(format: "%.3g", number))"
            case .integer(let number): "\(name) \(number)"
            case .string(let text): "\(name) \(text)"
            case .bool(let flag): "\(name) \(flag)"
            default: name
            }
        }.joined(separator: ", ")
    }
}
