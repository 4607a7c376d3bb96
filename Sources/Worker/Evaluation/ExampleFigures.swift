import EvaluationMetrics
import Nouns

/// The figures of a set, from its records: those of the metric registry, and how much there was.
package enum ExampleFigures {
    /// `rows`, `tokens`, and every metric that all rows allow.
    package static func of(_ records: [ExampleRecord]) -> [MetricKey: Double] {
        var figures = MetricRegistry.figures(records.map(MetricInput.init))
        figures[MetricKey("rows")] = Double(records.count)
        figures[MetricKey("tokens")] = Double(records.reduce(0) { $0 + $1.tokens })
        return figures
    }

    /// The label with the highest score; the first in order of name among equals.
    package static func likeliest(_ scores: [String: Double]) -> String? {
        scores.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}
