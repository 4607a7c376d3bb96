import EvaluationMetrics
import Nouns
import Settings

/// When training has nothing left to gain, by what a pipeline is judged by.
package enum EnoughRules {
    /// The rule of a pipeline's runs; nil where all epochs are to be trained: their number was named, or the primary
    /// metric says neither how many answers are right nor what loss they have.
    ///
    /// - Parameter labels: the classes of the snapshot's rows (nil: they have none).
    package static func rule(_ pipeline: PipelineSettings, labels: [String]?) -> EnoughRule? {
        guard pipeline.automaticEpochs else { return nil }
        let key = pipeline.gates.primary ?? (labels == nil ? .loss : .accuracy)
        guard let metric = MetricRegistry.metric(key), let measure = measure(metric) else { return nil }
        return EnoughRule(measure: measure, below: (pipeline.gates.margin ?? metric.margin) / 2)
    }

    private static func measure(_ metric: Metric) -> EnoughRule.Measure? {
        if metric.key == .loss { return .loss }
        if metric.key == MetricKey("exact_match") { return .wrongAnswers }
        return metric.isOfClasses && metric.direction == .higher ? .wrongAnswers : nil
    }
}
