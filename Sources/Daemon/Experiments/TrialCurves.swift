import Foundation
import Nouns
import RowFiles
import StageKit
import WorkerProtocol

/// A trial's curves, read back from the events that its worker wrote; so that a kill loses none of them.
enum TrialCurves {
    /// Fills in curve, training losses and tokens from `events.jsonl` in `folder`. Steps gone over again after a resume
    /// count once.
    static func read(_ folder: String, into trial: inout Trial, scale: Double) {
        let curves = TrainingCurves(folder: folder)
        guard !curves.steps.isEmpty || !curves.validations.isEmpty else { return }
        let ordered = curves.steps
        trial.tokens = ordered.reduce(0) { $0 + $1.tokens }
        trial.curve = curves.validations.map {
            ValidationReport(
                step: $0.step, loss: comparable($0.loss, $0.preference, scale), tokenAccuracy: $0.tokenAccuracy,
                best: $0.best)
        }
        var last = 0
        trial.trainLosses = trial.curve.map { point in
            let between = ordered.filter { $0.step > last && $0.step <= point.step }
            last = point.step
            // Before the first step the first loss is the best that is known.
            let losses = (between.isEmpty ? ordered.prefix(1) : between[...]).map {
                comparable($0.loss, $0.preference, scale)
            }
            return losses.isEmpty ? point.loss : losses.reduce(0, +) / Double(losses.count)
        }
        trial.trainLoss = trial.trainLosses.last
    }

    /// A loss that trials can be compared by. The loss of pairs depends on what is searched (`beta`, the kind of loss),
    /// so their part of it is the chance that the model gives the rejected answer.
    static func comparable(_ loss: Double, _ pairs: PreferenceReport?, _ scale: Double) -> Double {
        guard let pairs else { return loss * scale }
        return pairs.share * pairs.error + (1 - pairs.share) * (pairs.answerLoss ?? 0) * scale
    }
}

/// Bytes of the answers of row files: what losses are spread over so that tokenizers do not matter.
enum AnswerBytes {
    static func count(_ files: [FileReference]) throws -> Int {
        var bytes = 0
        for file in files { try RowFile.read(file.path) { bytes += Self.count($0.content) } }
        return bytes
    }

    static func count(_ content: RowContent) -> Int {
        switch content {
        case .completion(_, let completion): completion.utf8.count
        case .text(let text): text.utf8.count
        case .chat(let messages, _):
            messages.filter { $0.role == "assistant" && $0.trained != false }.reduce(0) { $0 + $1.content.utf8.count }
        case .preference(_, let chosen, _): chosen.reduce(0) { $0 + $1.content.utf8.count }
        }
    }
}

extension Experiment {
    /// What this trial's losses per token are multiplied by.
    func scale(of trial: Trial) -> Double { scales[base(of: trial).rawValue] ?? 1 }
}
