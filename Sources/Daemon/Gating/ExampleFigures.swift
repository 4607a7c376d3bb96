import Contracts
import Foundation

/// Figures of one model on one set, from its per-example records.
package struct ExampleFigures: Sendable {
    package let values: [String: Double]
    /// Counts by true, then predicted class.
    package let confusion: [String: [String: Int]]?

    package init(_ records: [ExampleRecord]) {
        let tokens = records.reduce(0) { $0 + $1.tokens }
        let loss = records.reduce(0.0) { $0 + $1.lossSum }
        let bytes = records.reduce(0) { $0 + $1.bytes }
        var values: [String: Double] = [:]
        if tokens > 0 {
            values["loss"] = loss / Double(tokens)
            values["perplexity"] = exp(loss / Double(tokens))
            values["token_accuracy"] = Double(records.reduce(0) { $0 + $1.correctTokens }) / Double(tokens)
        }
        if bytes > 0 { values["bits_per_byte"] = loss / log(2) / Double(bytes) }
        let answered = records.filter { $0.output != nil }
        if !answered.isEmpty {
            values["exact_match"] = Double(answered.count { Self.isExact($0) }) / Double(answered.count)
        }
        let labelled = answered.filter { $0.label != nil }
        guard !labelled.isEmpty, labelled.count == answered.count else {
            self.values = values
            confusion = nil
            return
        }
        var counts: [String: [String: Int]] = [:]
        let classes = Set(labelled.compactMap(\.label))
        for record in labelled {
            let said = Self.normalised(record.output ?? "")
            // What is no class at all is one column of its own: the table must not grow with every odd answer.
            counts[record.label ?? "", default: [:]][classes.contains(said) ? said : "(other)", default: 0] += 1
        }
        let right = counts.reduce(0) { $0 + ($1.value[$1.key] ?? 0) }
        values["accuracy"] = Double(right) / Double(labelled.count)
        // Macro averages over the classes that occur, as scikit-learn with zero_division=0.
        var precision = 0.0
        var recall = 0.0
        var f1 = 0.0
        for name in classes {
            let hits = Double(counts[name]?[name] ?? 0)
            let said = Double(counts.values.reduce(0) { $0 + ($1[name] ?? 0) })
            let real = Double(counts[name]?.values.reduce(0, +) ?? 0)
            let p = said > 0 ? hits / said : 0
            let r = real > 0 ? hits / real : 0
            precision += p
            recall += r
            f1 += p + r > 0 ? 2 * p * r / (p + r) : 0
        }
        values["macro_precision"] = precision / Double(classes.count)
        values["macro_recall"] = recall / Double(classes.count)
        values["macro_f1"] = f1 / Double(classes.count)
        self.values = values
        confusion = counts
    }

    /// Metrics of which less is better.
    package static let lowerIsBetter: Set<String> = ["loss", "perplexity", "bits_per_byte"]

    /// Whether an answer says exactly what was wanted, white space at the ends aside.
    package static func isExact(_ record: ExampleRecord) -> Bool { normalised(record.output ?? "") == normalised(record.reference) }

    static func normalised(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// The value of a metric on one example, for paired tests; nil where the metric is not a mean over examples.
    package static func value(_ metric: String, _ record: ExampleRecord) -> Double? {
        switch metric {
        case "loss": record.tokens > 0 ? record.lossSum / Double(record.tokens) : nil
        case "bits_per_byte": record.bytes > 0 ? record.lossSum / log(2) / Double(record.bytes) : nil
        case "token_accuracy": record.tokens > 0 ? Double(record.correctTokens) / Double(record.tokens) : nil
        case "exact_match": record.output == nil ? nil : isExact(record) ? 1 : 0
        case "accuracy": record.output == nil || record.label == nil ? nil : normalised(record.output ?? "") == record.label ? 1 : 0
        default: nil
        }
    }
}
