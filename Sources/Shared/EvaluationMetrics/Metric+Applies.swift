import Nouns

extension Metric {
    /// Whether it has a value only on rows that have a class: asked of the metric itself, by a row with and one
    /// without.
    package var isOfClasses: Bool { value([Self.row(label: nil)]) == nil && value([Self.row(label: "a")]) != nil }

    /// The values that there can be, where that is known.
    package var range: ClosedRange<Double>? { if case .share = kind { 0...1 } else { nil } }

    private static func row(label: String?) -> MetricInput {
        MetricInput(
            lossSum: 1, tokens: 1, correctTokens: 1, bytes: 1, reference: "a", output: "a", outputTokens: 1,
            label: label, labelScores: ["a": -1, "b": -2])
    }
}
