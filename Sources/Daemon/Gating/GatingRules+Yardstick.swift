import EvaluationMetrics
import Foundation
import Nouns

extension GatingRules.Evidence {
    /// How the simplest alternatives did on the gate rows.
    package struct YardstickEvidence: Sendable {
        /// By row: whether each named the row's class.
        package var right: [RowID: [SimplestAlternative: Bool]]
        /// Training rows that each was fitted to.
        package var learnt: [SimplestAlternative: Int]
        /// Makes what is known of the alternatives.
        package init(right: [RowID: [SimplestAlternative: Bool]], learnt: [SimplestAlternative: Int]) {
            self.right = right
            self.learnt = learnt
        }
    }
}

extension GatingRules {
    /// The simplest alternatives beside base, served model and candidate, by accuracy on the same gate rows.
    static func yardstick(_ judge: Comparing) -> [YardstickFinding] {
        guard let asked = judge.evidence.yardstick else { return [] }
        return SimplestAlternative.allCases.compactMap { alternative in
            func lead(_ records: [ExampleRecord]?) -> (YardstickFinding.Lead, PairedComparison)? {
                guard let found = judge.against(alternative, records) else { return nil }
                let lead = YardstickFinding.Lead(difference: found.difference, lower: found.lower, upper: found.upper)
                return [lead.difference, lead.lower, lead.upper].allSatisfy(\.isFinite) ? (lead, found) : nil
            }
            guard let (candidate, found) = lead(judge.evidence.candidate) else { return nil }
            return YardstickFinding(
                alternative: alternative, accuracy: found.reference, rows: found.rows,
                learnt: asked.learnt[alternative] ?? 0, candidate: candidate,
                served: lead(judge.evidence.served)?.0, base: lead(judge.evidence.base)?.0)
        }
    }

    /// A gate for each alternative: all must be beaten, so that their number asks for no correction. What was not
    /// measured fails.
    static func beatsSimplest(_ judge: Comparing) -> [GateResult] {
        let asked = judge.evidence.yardstick.map { evidence in
            SimplestAlternative.allCases.filter { evidence.learnt[$0] ?? 0 > 0 }
        }
        guard let asked, !asked.isEmpty else {
            return [
                GateResult(
                    rule: "accuracy better than the simplest alternatives'", kind: .yardstick, set: .gate,
                    metric: .accuracy, outcome: .fail, rows: 0,
                    explanation: """
                        They were not measured: the rows have no classes, answers were not asked for, or the worker \
                        failed. What was not measured fails.
                        """)
            ]
        }
        return asked.map(judge.beats)
    }
}

extension GatingRules.Comparing {
    /// A model against an alternative on the gate rows with a class; nil where a row was not answered by both.
    func against(_ alternative: SimplestAlternative, _ records: [ExampleRecord]?) -> PairedComparison? {
        guard let right = evidence.yardstick?.right, let metric = MetricRegistry.metric(.accuracy) else { return nil }
        let rows = (records ?? []).filter { $0.set == .gate && $0.label != nil }
        var others: [MetricInput] = []
        for record in rows {
            guard let isRight = right[record.row]?[alternative] else { return nil }
            var other = MetricInput(record)
            other.output = isRight ? record.label : ""
            others.append(other)
        }
        return metric.compare(rows.map { MetricInput($0) }, others, alpha: alpha, seed: seed)
    }

    /// Whether the candidate is shown to be better than an alternative.
    fileprivate func beats(_ alternative: SimplestAlternative) -> GateResult {
        var result = GateResult(
            rule: "accuracy better than that of the \(alternative.rawValue)", kind: .yardstick, set: .gate,
            metric: .accuracy, outcome: .fail, confidence: settings.confidence, rows: 0,
            explanation: "It has no accuracy on these rows; what was not measured fails.")
        guard let found = against(alternative, evidence.candidate) else { return result }
        let p = found.pValue(above: 0)
        (result.candidate, result.reference, result.rows) = (found.candidate, found.reference, found.rows)
        (result.difference, result.lowerBound, result.upperBound) = (found.difference, found.lower, found.upper)
        result.pValue = p
        result.outcome = p <= alpha && found.difference > 0 ? .pass : found.upper <= 0 ? .fail : .inconclusive
        let text = { GatingRules.text($0) }
        result.explanation =
            """
            accuracy \(text(found.candidate)) against \(text(found.reference)) of the \(alternative.rawValue), fitted \
            to \(evidence.yardstick?.learnt[alternative] ?? 0) training rows: the difference is \
            \(text(found.difference)) (\(GatingRules.chance(p))). By \(found.test).
            """
        if result.outcome == .inconclusive { result.rowsNeeded = found.rowsNeeded(margin: 0, alpha: alpha) }
        return result
    }
}
