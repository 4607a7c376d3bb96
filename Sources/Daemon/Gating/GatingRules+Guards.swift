import EvaluationMetrics
import Nouns
import Settings

extension GatingRules {
    /// A gate that has an anchor, and how much worse than that is still not worse.
    struct GuardedGate: Equatable {
        var gate: AnchoredGate
        var margin: Double
    }

    /// The gates beside that of the primary metric that must not fall below an anchor, without configured rules.
    static func guards(_ evidence: Evidence, _ settings: GatesSettings, _ primary: Primary) -> [GuardedGate] {
        func guarded(_ metric: MetricKey, _ set: SetName, _ slice: String?) -> GuardedGate {
            GuardedGate(
                gate: AnchoredGate(metric, set: set, slice: slice),
                margin: settings.margin ?? MetricRegistry.metric(metric)?.margin ?? 0)
        }
        return primary.asked.filter { $0 != primary.own }.map { guarded($0.metric, .gate, $0.slice) }
            + furtherSets(evidence).map { guarded(.loss, $0, nil) }
    }

    /// The gate of a rule that bounds how much worse something may get; nil for any other rule.
    static func guarded(_ rule: GateRuleSettings, _ evidence: Evidence) -> GuardedGate? {
        guard let most = rule.maxRegression, evidence.served != nil, evidence.sets.contains(rule.set),
            let metric = MetricRegistry.metric(rule.metric), metric.direction != .neutral
        else { return nil }
        var margin = most
        if rule.relative {
            let rows = evidence.rows(set: rule.set, slice: rule.slice)
            guard let value = rows.flatMap({ metric.value($0.reference) }), value != 0 else { return nil }
            margin *= abs(value)
        }
        return GuardedGate(gate: AnchoredGate(rule.metric, set: rule.set, slice: rule.slice), margin: margin)
    }

    /// All of them, each gate once.
    static func allGuards(_ evidence: Evidence, _ settings: GatesSettings, _ primary: Primary) -> [GuardedGate] {
        var found: [GuardedGate] = []
        let all = guards(evidence, settings, primary) + settings.rules.compactMap { guarded($0, evidence) }
        for one in all where one.gate != primary.gate && !found.contains(where: { $0.gate == one.gate }) {
            found.append(one)
        }
        return found
    }
}
