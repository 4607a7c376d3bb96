import EvaluationMetrics
import Nouns
import Settings

extension GatingRules {
    /// Whether the next run goes on from a model that the gates could not decide on: its estimate on the validation
    /// rows is not below that of what it was to replace. Nil where nothing can be compared there.
    ///
    /// It is decided by the primary metric; by the loss where that has no value on these rows.
    static func continuation(_ evidence: Evidence, _ settings: GatesSettings, _ primary: Primary, seed: UInt64)
        -> Continuation?
    {
        guard let rows = evidence.validation, rows.candidate.count == rows.reference.count else { return nil }
        for key in [primary.metric, .loss] {
            guard let metric = MetricRegistry.metric(key), metric.direction != .neutral else { continue }
            let chosen = rows.candidate.indices.filter { matches(primary.slice, rows.candidate[$0], evidence) }
            let now = chosen.map { MetricInput(rows.candidate[$0]) }
            let before = chosen.map { MetricInput(rows.reference[$0]) }
            guard !chosen.isEmpty, let value = metric.value(now), let other = metric.value(before),
                let goodness = metric.goodness(value), let otherGoodness = metric.goodness(other)
            else { continue }
            let alpha = Swift.min(Swift.max(1 - settings.confidence, 1e-6), 0.5)
            let isShownWorse = metric.compare(now, before, alpha: alpha, seed: seed).map { $0.upper < 0 } ?? false
            let goesOn = goodness >= otherGoodness && !isShownWorse
            return Continuation(
                goesOn: goesOn, metric: key, candidate: value, reference: other, rows: chosen.count,
                explanation: """
                    \(key) \(text(value)) against \(text(other)) of \(evidence.against) on \(chosen.count) \
                    validation rows: \(goesOn ? "the next run goes on from it, though it is not served" : """
                        the next run does not go on from it
                        """)
                    """)
        }
        return nil
    }
}
