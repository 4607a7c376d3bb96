import EvaluationMetrics
import Nouns
import TestSupport
import Testing

/// docs/gates.md lists the metrics that there are.
struct MetricPageTests {
    @Test func theTableOfMetricsIsThatOfTheRegistry() throws {
        let rows = MetricRegistry.all.map { metric in
            [
                "`\(metric.key)`", metric.direction.rawValue,
                metric.direction == .neutral ? "–" : RecipeValue.text(metric.margin),
                metric.about + (metric.isOfTextOnly ? " Not where answers are classes." : ""),
            ]
        }
        let difference = try PageTable("docs/gates.md", under: "## Metrics")
            .difference([["key", "better", "margin", "what"]] + rows)
        #expect(difference == nil)
    }
}
