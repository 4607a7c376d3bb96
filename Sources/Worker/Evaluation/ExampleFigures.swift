import Contracts
import Foundation

/// The figures of a set, from its records.
package enum ExampleFigures {
    /// `loss`, `perplexity`, `bits_per_byte`, `token_accuracy`, and where there are answers or labels `exact_match`, `accuracy`,
    /// `label_accuracy` and the macro-averaged `precision`, `recall` and `f1` of the generated labels.
    package static func of(_ records: [ExampleRecord]) -> [String: Double] {
        var figures: [String: Double] = ["rows": Double(records.count)]
        let tokens = records.reduce(0) { $0 + $1.tokens }
        let bytes = records.reduce(0) { $0 + $1.bytes }
        let loss = records.reduce(0) { $0 + $1.lossSum }
        figures["tokens"] = Double(tokens)
        if tokens > 0 {
            figures["loss"] = loss / Double(tokens)
            figures["perplexity"] = exp(min(700, loss / Double(tokens)))
            figures["token_accuracy"] = Double(records.reduce(0) { $0 + $1.correctTokens }) / Double(tokens)
        }
        if bytes > 0 { figures["bits_per_byte"] = loss / log(2) / Double(bytes) }
        let answered = records.filter { $0.output != nil }
        if !answered.isEmpty {
            let exact = answered.filter { trimmed($0.output ?? "") == trimmed($0.reference) }.count
            figures["exact_match"] = Double(exact) / Double(answered.count)
        }
        let labelled = answered.filter { $0.label != nil }
        if !labelled.isEmpty {
            let pairs = labelled.map { (truth: trimmed($0.label ?? ""), said: trimmed($0.output ?? "")) }
            figures["accuracy"] = Double(pairs.filter { $0.truth == $0.said }.count) / Double(pairs.count)
            figures.merge(macro(pairs)) { $1 }
        }
        let scored = records.filter { $0.label != nil && $0.labelScores?.isEmpty == false }
        if !scored.isEmpty {
            let right = scored.filter { likeliest($0.labelScores ?? [:]) == $0.label }.count
            figures["label_accuracy"] = Double(right) / Double(scored.count)
        }
        return figures
    }

    /// The label with the highest score; the first in order of name among equals.
    package static func likeliest(_ scores: [String: Double]) -> String? {
        scores.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }

    /// Averages over the classes that occur as a truth, so that an invented label costs precision nowhere but recall everywhere.
    private static func macro(_ pairs: [(truth: String, said: String)]) -> [String: Double] {
        let classes = Set(pairs.map(\.truth))
        var sums = (precision: 0.0, recall: 0.0, f1: 0.0)
        for label in classes {
            let hits = Double(pairs.filter { $0.truth == label && $0.said == label }.count)
            let said = Double(pairs.filter { $0.said == label }.count)
            let true_ = Double(pairs.filter { $0.truth == label }.count)
            let precision = said > 0 ? hits / said : 0
            let recall = true_ > 0 ? hits / true_ : 0
            sums.precision += precision
            sums.recall += recall
            sums.f1 += precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
        }
        let count = Double(max(1, classes.count))
        return ["precision": sums.precision / count, "recall": sums.recall / count, "f1": sums.f1 / count]
    }

    private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}
