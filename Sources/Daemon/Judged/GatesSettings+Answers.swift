import EvaluationMetrics
import Settings

extension GatesSettings {
    /// Whether anything that judges a model reads more of its answers than whether they are right: a rule about texts
    /// or lengths, a grader, an evaluator or a schema. Golden sets are sets of their own, whose answers are always
    /// whole.
    package var readsAnswers: Bool {
        let metrics = rules.map(\.metric) + (primary.map { [$0] } ?? [])
        return answerSchema != nil || !graders.isEmpty || !evaluators.isEmpty
            || metrics.contains { MetricRegistry.metric($0)?.readsText ?? true }
    }
}
