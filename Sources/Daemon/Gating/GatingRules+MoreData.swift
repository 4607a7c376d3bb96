import EvaluationMetrics
import Foundation
import Nouns
import Statistics

extension GatingRules {
    /// What an earlier run of the pipeline had to learn from, and how it was judged.
    package struct PastRun: Sendable {
        /// Training rows of the dataset at that time.
        package var rows: Int
        package var gates: [GateResult]
        package var confusion: [String: [String: Int]]?
        /// Makes a point of the learning curve.
        package init(rows: Int, gates: [GateResult], confusion: [String: [String: Int]]? = nil) {
            self.rows = rows
            self.gates = gates
            self.confusion = confusion
        }
    }

    /// More data for what failed: how many rows, by the curve through this run and the earlier ones.
    static func moreData(_ gates: [GateResult], _ confusion: [String: [String: Int]]?, _ evidence: Evidence) -> [Advice]
    {
        var advice: [Advice] = []
        if let confusion, let worst = weakestClass(confusion) {
            let reason =
                "The class '\(worst.name)' is right on \(worst.hits) of \(worst.rows) gate rows"
                + (worst.mistaken.map { ", most often taken for '\($0)'" } ?? "") + ": drop more rows of it."
            func error(_ matrix: [String: [String: Int]]?) -> Double? {
                guard let row = matrix?[worst.name], case let total = row.values.reduce(0, +), total > 0 else {
                    return nil
                }
                return 1 - Double(row[worst.name] ?? 0) / Double(total)
            }
            let needed = rowsNeeded(
                evidence, now: error(confusion), past: evidence.history.map { ($0.rows, error($0.confusion)) },
                target: 0.2)
            var figures = ["recall": Double(worst.hits) / Double(worst.rows), "rows": Double(worst.rows)]
            figures["training_rows"] = needed.rows.map(Double.init)
            advice.append(
                Advice(action: "more_data", reason: reason + needed.sentence("for a recall of 0.8"), figures: figures))
        }
        for gate in gates
        where gate.outcome == .fail && gate.slice != nil && gate.slice != "drop=earlier" && gate.rows > 0 {
            let needed = rowsNeeded(gate, evidence)
            var figures = ["rows": Double(gate.rows)]
            figures["training_rows"] = needed.rows.map(Double.init)
            advice.append(
                Advice(
                    action: "more_data",
                    reason: "The slice '\(gate.slice ?? "")' failed (\(gate.rule)): drop more rows of it."
                        + needed.sentence("for it to pass"), figures: figures))
        }
        // Where the whole set failed on the primary claim, the curve says whether data alone would do it.
        if let gate = gates.first(where: {
            $0.kind == .superiority && $0.slice == nil && $0.outcome != .pass && $0.rows > 0
        }) {
            let needed = rowsNeeded(gate, evidence)
            if let rows = needed.rows {
                advice.append(
                    Advice(
                        action: "more_data",
                        reason: "\(gate.metric) does not improve yet." + needed.sentence("for it to be better"),
                        figures: ["training_rows": Double(rows), "now": Double(evidence.trainingRows)]))
            }
        }
        return advice
    }

    /// The rows at which a gate's metric would reach what it has to.
    private static func rowsNeeded(_ gate: GateResult, _ evidence: Evidence) -> RowsNeeded {
        guard let metric = MetricRegistry.metric(gate.metric), metric.direction != .neutral else { return RowsNeeded() }
        func error(_ value: Double?) -> Double? { value.map { metric.direction == .lower ? $0 : 1 - $0 } }
        let past = evidence.history.map { run in
            (
                run.rows,
                error(
                    run.gates.first {
                        $0.metric == gate.metric && $0.set == gate.set && $0.slice == gate.slice && $0.candidate != nil
                    }?.candidate)
            )
        }
        // The error has to reach the reference's plus the margin, less the width of the interval to be on the safe
        // side.
        let width = max(0, (gate.difference ?? 0) - (gate.lowerBound ?? gate.difference ?? 0))
        guard let reference = error(gate.reference) else { return RowsNeeded() }
        return rowsNeeded(
            evidence, now: error(gate.candidate), past: past, target: reference + (gate.margin ?? 0) - width)
    }

    private static func rowsNeeded(_ evidence: Evidence, now: Double?, past: [(Int, Double?)], target: Double)
        -> RowsNeeded
    {
        var points = past.compactMap { rows, error in error.map { (rows, $0) } }
        if let now, evidence.trainingRows > 0 { points.append((evidence.trainingRows, now)) }
        points.removeAll { $0.0 <= 0 || !$0.1.isFinite || $0.1 < 0 }
        let sizes = Set(points.map(\.0)).count
        guard sizes >= 3, let curve = LearningCurve(rows: points.map(\.0), errors: points.map(\.1)) else {
            return RowsNeeded(sizes: sizes)
        }
        return RowsNeeded(rows: curve.rows(for: target), sizes: sizes, curve: curve)
    }
}

/// What the learning curve says.
private struct RowsNeeded {
    var rows: Int?
    /// Different sizes of the dataset that were tried.
    var sizes = 0
    var curve: LearningCurve?

    func sentence(_ purpose: String) -> String {
        guard let curve else {
            return
                """
                 How many cannot be said yet: a learning curve needs runs on three sizes of the data, and there \
                are \(sizes).
                """
        }
        guard let rows else {
            return " By the learning curve over \(curve.points) runs more rows alone will not do \(purpose)."
        }
        return " By the learning curve over \(curve.points) runs about \(rows) training rows are needed \(purpose)."
    }
}
