import EvaluationMetrics
import Nouns
import Promotion
import TestSupport
import Testing

/// Which version clearing away takes for the best, by the metric's own direction.
struct RetentionScoreTests {
    /// The best of several versions that differ in one figure.
    private func best(_ key: MetricKey, _ values: [Double], primary: MetricKey?) -> Int? {
        let scores = RetentionRules.scores(values.map { [key: $0] }, primary: primary)
        return scores.indices.filter { scores[$0] != nil }.max { (scores[$0] ?? 0) < (scores[$1] ?? 0) }
    }

    @Test(arguments: MetricRegistry.all.map(\.key))
    func theBetterEndOfAMetricIsTheBest(key: MetricKey) throws {
        let expected: Int? =
            switch try #require(MetricRegistry.metric(key)).direction {
            case .higher: 2
            case .lower: 0
            case .neutral: nil
            }
        #expect(best(key, [0.1, 0.3, 0.7], primary: key) == expected)
    }

    @Test func errorsRefusalsAndRepetitionAreBetterWhenTheyAreFewer() {
        for key in ["ece", "memorized", "refusal", "repetition", "loss"] as [MetricKey] {
            #expect(best(key, [0.5707, 0.1701], primary: key) == 1)
        }
    }

    @Test func withoutAFigureOfThePrimaryMetricAccuracyOrLossDecidesForAll() {
        #expect(best("accuracy", [0.2, 0.4], primary: nil) == 1)
        #expect(best("loss", [0.2, 0.4], primary: nil) == 0)
        #expect(best("loss", [0.2, 0.4], primary: "ece") == 0)
        #expect(best("accuracy", [0.2, 0.4], primary: "output_tokens") == 1)
        #expect(best("grader:tone", [0.2, 0.4], primary: "grader:tone") == 1)
        #expect(RetentionRules.scores([[:], [:]], primary: "ece") == [nil, nil])
        // One metric measures all of them: an accuracy and a loss cannot be compared.
        #expect(RetentionRules.scores([["accuracy": 0.1], ["loss": 0.01]], primary: nil) == [0.1, nil])
    }
}
