import Nouns

extension Metric {
    /// Whether it has a value only on rows that have a class: asked of the metric itself, by a row with and one
    /// without.
    package var isOfClasses: Bool { value([Self.row(label: nil)]) == nil && value([Self.row(label: "a")]) != nil }

    /// Whether it reads more of an answer than whether it is right: its text, its length or how it ended.
    package var readsText: Bool {
        let ofAnswers: Set<MetricKey> = [.outputTokens, .memorized, .schema, .assertions]
        return isOfTextOnly || ofAnswers.contains(key) || key.graderName != nil || key.evaluatorName != nil
    }

    /// The values that there can be, where that is known.
    package var range: ClosedRange<Double>? { if case .share = kind { 0...1 } else { nil } }

    private static func row(label: String?) -> MetricInput {
        MetricInput(
            lossSum: 1, tokens: 1, correctTokens: 1, bytes: 1, reference: "a", output: "a", outputTokens: 1,
            label: label, labelScores: ["a": -1, "b": -2])
    }
}
