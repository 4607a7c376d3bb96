import EvaluationMetrics
import Foundation
import Nouns
import Reports
import Settings
import Statistics

/// The judgement itself: per-example records in, a verdict with every number out. Pure.
///
/// Non-inferiority gates need no correction for their number, since all must pass (an intersection–union test);
/// claims of improvement are corrected by Holm's method.
package enum GatingRules {
    /// The verdict on one run.
    package static func judge(
        _ evidence: Evidence, _ settings: GatesSettings, training: TrainingResult?, seed: UInt64, at date: Date
    ) -> Verdict {
        var figures: [ModelRole: [SetName: [MetricKey: Double]]] = [:]
        var confusion: [String: [String: Int]]?
        for (model, records) in [
            (ModelRole.candidate, evidence.candidate), (.served, evidence.served),
            (.anchor, evidence.anchor?.records), (.base, evidence.base),
        ] + evidence.gateAnchors.values.map({ (.gateAnchor($0.version), $0.records) }) {
            guard let records else { continue }
            figures[model] = [:]
            for set in evidence.sets {
                let of = SetFigures(records.filter { evidence.isIn(set, $0) })
                figures[model]?[set] = of.values
                if model == .candidate, set == .gate { confusion = of.confusion }
            }
            for (name, outcome) in evidence.evaluators[model] ?? [:] {
                for (metric, value) in outcome.metrics {
                    let key = MetricKey.evaluator(name, metric)
                    if figures[model]?[.gate]?[key] == nil { figures[model]?[.gate]?[key] = value }
                }
            }
            if let most = exposures(records).map(\.bits).max() { figures[model]?[.plantedSecrets]?[.exposure] = most }
        }
        let candidate = figures[.candidate]?[.gate] ?? [:]
        let primary = Primary(evidence, settings)
        let judge = Comparing(evidence: evidence, settings: settings, seed: seed)

        var gates = [integrity(evidence)]
        if let found = evidence.bytes { gates += bytes(found, evidence, settings, training) }
        if gates[0].outcome == .pass {
            gates += golden(evidence) + plantedSecrets(evidence) + evaluators(evidence, settings)
            gates += defaults(judge, primary)
            gates += settings.rules.flatMap { configured($0, judge) }
            if settings.beatSimplest { gates += beatsSimplest(judge) }
            corrected(&gates, alpha: judge.alpha)
        }
        gates = gates.map(finite)
        let outcome: Verdict.Outcome =
            gates.contains { $0.outcome == .fail }
            ? .fail : gates.contains { $0.outcome == .inconclusive } ? .inconclusive : .pass
        let other = figures[evidence.served == nil ? .base : .served]?[.gate] ?? [:]
        let change =
            """
            \(primary.metric) \(text(primary.value(of: evidence.reference, evidence) ?? other[primary.metric])) → \
            \(text(primary.value(of: evidence.candidate, evidence) ?? candidate[primary.metric])) against \
            \(evidence.against)
            """
        var verdict = Verdict(
            outcome: outcome, summary: summary(outcome, change, gates), gates: gates,
            advice: outcome == .pass ? [] : advice(gates, confusion: confusion, training: training, evidence),
            baseline: evidence.baseline, figures: figures, confusion: confusion, seed: seed, judgedAt: date)
        let simplest = yardstick(judge)
        if !simplest.isEmpty { verdict.yardstick = simplest }
        if outcome == .inconclusive { verdict.continuation = continuation(evidence, settings, primary, seed: seed) }
        return verdict
    }

    /// The confidence for one run of a series that ends with a promotion. The whole series then errs no more often than
    /// a single run may.
    ///
    /// Half of the permitted error is the first run's, the other half is shared by those that may follow it
    /// (Bonferroni).
    package static func confidence(_ confidence: Double, isFollowUp: Bool, followUps: Int) -> Double {
        let half = (1 - confidence) / 2
        return 1 - (isFollowUp ? half / Double(max(1, followUps)) : half)
    }

    /// What is asked without being configured: not worse on every set, better on the primary metric.
    private static func defaults(_ judge: Comparing, _ primary: Primary) -> [GateResult] {
        let isStream = judge.settings.overStream && judge.evidence.served != nil
        var gates =
            isStream
            ? streamed(judge, primary)
            : primary.asked.map { judge.notWorse($0.metric, set: .gate, slice: $0.slice) }
        for set in furtherSets(judge.evidence) { gates.append(judge.notWorse(.loss, set: set)) }
        // A model for a narrow task may forget others, so there is no bound unless the pipeline asks for one. Where it
        // does, a missing probe fails.
        if let most = judge.settings.maximumForgetting { gates.append(judge.forgetting(most)) }
        // Old skills: the gate rows of drops that came before. Loss has the power to tell on few rows, shares have not.
        // Where rows have classes, the loss is no gate, and the accuracy is asked on all gate rows, old ones included.
        if judge.evidence.served != nil, !judge.evidence.newDrops.isEmpty, !primary.isAboutClasses {
            // What pairs are to become is not likelier: their loss may rise.
            let (set, slice): (SetName, String) =
                judge.evidence.hasPairs ? (.earlier, Primary.answers) : (.gate, "drop=earlier")
            if let rows = judge.evidence.rows(set: set, slice: slice), rows.count >= 20,
                rows.count < judge.evidence.candidate.count
            {
                gates.append(judge.notWorse(.loss, set: set, slice: slice, widening: 2.5))
            }
        }
        if judge.settings.requireImprovement, !isStream {
            gates.append(judge.better(primary.metric, set: .gate, slice: primary.slice, by: 0))
        }
        return gates
    }

    /// Sets whose loss must not get worse. Golden sets, planted secrets and what the base knew have gates of their own;
    /// rows of feedback have none.
    static func furtherSets(_ evidence: Evidence) -> [SetName] {
        let own: Set<SetName> = [.gate, .earlier, .probe, .plantedSecrets, .feedback]
        return evidence.sets.filter { !own.contains($0) && !$0.isGolden }
    }

    /// A gate for each evaluator that gave nothing: what was not measured fails.
    private static func evaluators(_ evidence: Evidence, _ settings: GatesSettings) -> [GateResult] {
        settings.evaluators.compactMap { evaluator in
            let outcome = evidence.evaluators[.candidate]?[evaluator.name]
            guard outcome == nil || outcome?.failure != nil else { return nil }
            return GateResult(
                rule: "the evaluator '\(evaluator.name)' answers", kind: .evaluator, set: evaluator.set,
                metric: .evaluator(evaluator.name), outcome: .fail, rows: 0,
                explanation: outcome?.failure.map { "\($0)" }
                    ?? """
                    It was not asked: there is no set '\(evaluator.set)', or it was configured after the \
                    evaluation.
                    """
            )
        }
    }

    /// The gates of one configured rule: a value gate, a change gate, or both.
    private static func configured(_ rule: GateRuleSettings, _ judge: Comparing) -> [GateResult] {
        var gates: [GateResult] = []
        let asksNothing = rule.min == nil && rule.max == nil && rule.maxRegression == nil && rule.minImprovement == nil
        if rule.min != nil || rule.max != nil || asksNothing { gates.append(judge.value(rule)) }
        if let most = rule.maxRegression {
            gates.append(judge.change(rule, amount: most, improvement: false))
            if judge.settings.overStream, let guarded = guarded(rule, judge.evidence) {
                gates += [judge.notBelowAnchor(guarded)].compactMap(\.self)
            }
        }
        if let least = rule.minImprovement {
            gates.append(judge.change(rule, amount: least, improvement: true))
        }
        return gates
    }

    /// The result without numbers that JSON cannot hold, so that every verdict can be kept.
    private static func finite(_ gate: GateResult) -> GateResult {
        var gate = gate
        let numbers: [WritableKeyPath<GateResult, Double?>] = [
            \.candidate, \.reference, \.difference, \.lowerBound, \.upperBound, \.confidence, \.margin, \.pValue,
        ]
        for number in numbers where gate[keyPath: number]?.isFinite == false { gate[keyPath: number] = nil }
        return gate
    }

    /// Holm's correction over every claim of improvement.
    private static func corrected(_ gates: inout [GateResult], alpha: Double) {
        let claims = gates.indices.filter { gates[$0].kind == .superiority && gates[$0].pValue != nil }
        guard claims.count > 1 else { return }
        let adjusted = HolmCorrection.adjust(claims.map { gates[$0].pValue ?? 1 })
        for (index, p) in zip(claims, adjusted) {
            let raw = gates[index].pValue ?? 1
            gates[index].pValue = p
            gates[index].explanation +=
                " Among \(claims.count) claims of improvement p = \(text(raw)) becomes \(text(p)) (Holm)."
            if gates[index].outcome == .pass, p > alpha {
                gates[index].outcome = .inconclusive
                gates[index].explanation += " That is not enough."
            }
        }
    }

    private static func summary(_ outcome: Verdict.Outcome, _ change: String, _ gates: [GateResult]) -> String {
        func rules(_ outcome: Verdict.Outcome) -> String {
            gates.filter { $0.outcome == outcome }.map(\.rule).joined(separator: "; ")
        }
        switch outcome {
        case .pass:
            let gates = gates.count == 1 ? "the one gate" : "all \(gates.count) gates"
            return "\(change); \(gates) passed"
        case .fail: return "\(change); failed: \(rules(.fail))"
        case .inconclusive:
            let needed =
                gates.compactMap(\.rowsNeeded).max().map {
                    "; about \(Quantity.counted($0, "gate row")) would decide"
                } ?? ""
            return "\(change); undecided: \(rules(.inconclusive))\(needed)"
        }
    }

    /// A probability of chance; one that is next to nothing is said so.
    static func chance(_ p: Double) -> String { p < 0.0001 ? "p < 0.0001" : "p = \(text(p))" }

    /// A number as a person would write it.
    static func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        if value == value.rounded(), abs(value) < 1e6 { return String(Int(value)) }
        return String(format: "%.4g", value)
    }
}
