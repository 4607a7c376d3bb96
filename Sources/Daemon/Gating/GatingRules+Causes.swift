import EvaluationMetrics
import Nouns
import Reports

extension GatingRules {
    /// Answers that were ended by the limit on their length: a model may be right and be counted as wrong.
    ///
    /// nil where fewer than one in twenty was cut and is not what was wanted.
    static func cutAnswers(_ evidence: Evidence) -> Advice? {
        let answered = evidence.candidate.filter { $0.set == .gate && $0.output != nil }
        let cut = answered.filter { $0.finish == "length" && $0.output != $0.reference }
        guard !cut.isEmpty, cut.count * 20 >= answered.count else { return nil }
        let limit = cut.compactMap(\.outputTokens).max() ?? 0
        return Advice(
            action: "longer_answers",
            reason: """
                \(cut.count) of \(answered.count) answers \(cut.count == 1 ? "was" : "were") cut after \(limit) tokens \
                and \(cut.count == 1 ? "counts" : "count") as wrong: raise gates.max_new_tokens above the longest \
                wanted answer, or take it out. Where it is not set, these \
                answers had twice the room of what was wanted: the model has not learnt to end.
                """,
            figures: ["cut": Double(cut.count), "answers": Double(answered.count), "limit": Double(limit)])
    }

    /// Nothing is left to gain: the model compared with is right on every row that a claim of improvement is about.
    static func ceiling(_ gates: [GateResult], _ evidence: Evidence) -> Advice? {
        let claim = gates.first {
            guard [.superiority, .stream].contains($0.kind), $0.outcome != .pass,
                let metric = MetricRegistry.metric($0.metric)
            else { return false }
            return metric.range?.upperBound == $0.reference && metric.direction == .higher
        }
        guard let claim else { return nil }
        let all = claim.rows == 1 ? "the one gate row" : "all \(claim.rows) gate rows"
        let way = claim.kind == .stream ? "" : ", or set gates.require_improvement = false"
        return Advice(
            action: "nothing_to_gain",
            reason: """
                On \(claim.metric) \(evidence.against) is right on \(all) already, so nothing can be shown to be \
                better: drop rows that it gets wrong\(way).
                """,
            figures: ["rows": Double(claim.rows)])
    }

    /// Training that was still learning when it ended: the last checkpoint is the best one, and the loss of the last
    /// quarter of the steps lies clearly below that of the quarter before.
    static func stillLearning(_ training: TrainingResult, _ losses: [Double]) -> Advice? {
        guard training.plannedSteps == nil, let best = training.validationLoss,
            let start = training.startValidationLoss, best < start * 0.97,
            training.bestStep * 10 >= training.steps * 9
        else { return nil }
        // A handful of steps is too few whatever their losses are.
        if training.steps > 20 {
            let quarter = losses.count / 4
            guard quarter >= 3 else { return nil }
            func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
            let (last, before) = (mean(losses.suffix(quarter)), mean(losses.dropLast(quarter).suffix(quarter)))
            guard last < before * 0.95 else { return nil }
        }
        return Advice(
            action: "train_longer",
            reason: """
                The validation loss was still falling when training ended (\(text(start)) to \(text(best)) in \
                \(Quantity.counted(training.steps, "step"))): raise recipe.epochs, or drop more rows.
                """,
            figures: ["start": start, "best": best, "steps": Double(training.steps)])
    }

    /// The classes on which a candidate that is shown to be worse lost most, at most three.
    static func worseClasses(_ gates: [GateResult], _ evidence: Evidence) -> Advice? {
        let isWorse = gates.contains {
            $0.outcome == .fail && $0.set == .gate && $0.slice == nil && ($0.upperBound ?? $0.difference ?? 0) < 0
        }
        guard isWorse else { return nil }
        let before = Dictionary(
            (evidence.served ?? evidence.base).filter { $0.set == .gate }.map { ($0.row, $0) },
            uniquingKeysWith: { first, _ in first })
        var lost: [String: (now: Int, before: Int, rows: Int)] = [:]
        for row in evidence.candidate where row.set == .gate {
            guard let label = row.label, row.output != nil, let former = before[row.row], former.output != nil else {
                continue
            }
            var counts = lost[label] ?? (0, 0, 0)
            counts.now += SetFigures.isRight(row) ? 1 : 0
            counts.before += SetFigures.isRight(former) ? 1 : 0
            counts.rows += 1
            lost[label] = counts
        }
        let worst = lost.filter { $0.value.before > $0.value.now }
            .sorted { a, b in
                let (first, second) = (a.value.before - a.value.now, b.value.before - b.value.now)
                return first == second ? a.key < b.key : first > second
            }.prefix(3)
        guard !worst.isEmpty else { return nil }
        let named = worst.map { label, counts in
            let rows = Quantity.counted(counts.rows, "row")
            return "'\(label)' (right on \(counts.now) of \(rows), before on \(counts.before))"
        }
        return Advice(
            action: "look_at_regressions",
            reason: """
                The candidate is worse than \(evidence.against) on \(named.joined(separator: ", ")): look at these \
                rows (`ftctl report RUN --regressions`) and at the newest rows of the same classes, whose labels may \
                be wrong.
                """,
            figures: ["classes": Double(lost.count { $0.value.before > $0.value.now })])
    }

    /// More gate rows, only where they alone would do: nothing failed, and every undecided gate would be decided by
    /// them.
    static func moreGateRows(_ gates: [GateResult]) -> Advice? {
        let undecided = gates.filter { $0.outcome == .inconclusive }
        guard !gates.contains(where: { $0.outcome == .fail }), undecided.allSatisfy({ $0.rowsNeeded != nil }),
            let gate = undecided.max(by: { ($0.rowsNeeded ?? 0) < ($1.rowsNeeded ?? 0) }), let needed = gate.rowsNeeded
        else { return nil }
        return Advice(
            action: "more_gate_rows",
            reason: """
                If the difference is real, about \(needed) gate rows (now \(gate.rows)) would decide '\(gate.rule)': \
                drop more data. A larger data.gate_share takes more of the rows that come from now on.
                """,
            figures: ["rows": Double(needed), "now": Double(gate.rows)])
    }
}
