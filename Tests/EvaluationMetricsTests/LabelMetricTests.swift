import Foundation
import Nouns
import TestSupport
import Testing

@testable import EvaluationMetrics

@Suite struct LabelMetricTests {
    struct Labels: Decodable {
        var truth, said: [String], accuracy, mcc, ece: Double, macro, micro, weighted: [Double],
            classes: [String: [Double]]
        var confidence: [Double], right: [Int]
    }
    let labels: Labels
    init() throws { labels = try fixture("labels.json", Labels.self) }

    @Test func figuresEqualScikitLearn() throws {
        let matrix = ConfusionMatrix(truth: labels.truth, predicted: labels.said)
        #expect(near(matrix.accuracy, labels.accuracy) && near(matrix.matthews, labels.mcc))
        for (scores, expected) in [
            (matrix.macro, labels.macro), (matrix.micro, labels.micro), (matrix.weighted, labels.weighted),
        ] {
            #expect(
                near(scores.precision, expected[0]) && near(scores.recall, expected[1]) && near(scores.f1, expected[2]))
        }
        for (position, name) in matrix.classes.enumerated() {
            let expected = try #require(labels.classes[name])
            let scores = matrix.scores(position)
            #expect([scores.precision, scores.recall, scores.f1, scores.support].elementsEqual(expected, by: near))
        }
        #expect(
            near(
                try #require(
                    Calibration.expectedError(confidence: labels.confidence, right: labels.right.map { $0 == 1 })),
                labels.ece))
    }

    @Test func everyKeyIsDeclaredOnceAndUnknownKeysAreNone() {
        #expect(Set(MetricRegistry.all.map(\.key)).count == MetricRegistry.all.count)
        #expect(MetricRegistry.metric("acuracy") == nil && MetricRegistry.metric("f1:libs") != nil)
    }

    @Test func aMissingAnswerLeavesTheMetricWithoutAValue() {
        let rows = [MetricInput(reference: "a", output: "a", label: "a"), MetricInput(reference: "b", label: "b")]
        #expect(MetricRegistry.metric("accuracy")?.value(rows) == nil)
        #expect(MetricRegistry.metric("accuracy")?.value([]) == nil)
    }

    @Test func comparisonsFollowTheMetricsKind() throws {
        let truth = labels.truth
        let worse = zip(truth, labels.said).map {
            MetricInput(lossSum: 4, tokens: 2, bytes: 8, reference: $0, output: $1, label: $0)
        }
        let better = truth.enumerated().map { index, name in
            MetricInput(
                lossSum: 3 + Double(index % 3) * 0.1, tokens: 2, bytes: 8, reference: name, output: name, label: name)
        }
        for key in ["loss", "bits_per_byte", "perplexity", "accuracy", "macro_f1", "mcc", "chrf", "word_f1", "f1:libs"]
        {
            let metric = try #require(MetricRegistry.metric(MetricKey(key)))
            let up = try #require(metric.compare(better, worse, alpha: 0.05, seed: 1, resamples: 500), "\(key)")
            #expect(up.difference > 0 && up.lower > 0 && up.superiority < 0.05, "\(key)")
            #expect(near(up.difference, metric.sign * (up.candidate - up.reference)), "\(key)")
            let down = try #require(metric.compare(worse, better, alpha: 0.05, seed: 1, resamples: 500), "\(key)")
            #expect(down.upper < 0 && down.superiority > 0.9, "\(key)")
        }
        #expect(MetricRegistry.metric("loss")?.compare(better, Array(worse.dropLast()), alpha: 0.05, seed: 1) == nil)
    }

    @Test func likeliestLabelAndItsConfidence() throws {
        let row = MetricInput(label: "b", labelScores: ["a": -1, "b": -1, "c": -50])
        let best = try #require(row.likeliest)
        #expect(best.label == "a" && near(best.probability, 0.5))
    }
}
