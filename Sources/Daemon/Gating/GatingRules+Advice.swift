import Nouns

extension GatingRules {
    /// What to try next, from the evidence, the likeliest cause first.
    static func advice(
        _ gates: [GateResult], confusion: [String: [String: Int]]?, training: TrainingResult?, _ evidence: Evidence
    ) -> [Advice] {
        var advice: [Advice] = []
        if let fault = gates.first(where: { $0.kind == .integrity && $0.outcome == .fail }) {
            advice.append(Advice(action: "check", reason: fault.explanation))
            return advice
        }
        if let cut = cutAnswers(evidence) { advice.append(cut) }
        if let ceiling = ceiling(gates, evidence) { advice.append(ceiling) }
        if let spikes = unstable(evidence.trainingLosses) {
            advice.append(
                Advice(
                    action: "lower_learning_rate",
                    reason:
                        """
                        The training loss was unstable: at \(spikes) of \(evidence.trainingLosses.count) steps it \
                        was more than twice what it had been.
                        """,
                    figures: ["spikes": Double(spikes), "steps": Double(evidence.trainingLosses.count)]))
        }
        if let training {
            if let longer = stillLearning(training, evidence.trainingLosses) { advice.append(longer) }
            advice += fromTraining(training).filter { new in !advice.contains { $0.action == new.action } }
        }
        let forgotten = gates.filter {
            $0.outcome != .pass && ($0.slice == "drop=earlier" || $0.set != .gate) && ($0.difference ?? 0) < 0
        }
        if let worst = forgotten.min(by: { ($0.difference ?? 0) < ($1.difference ?? 0) }) {
            advice.append(
                Advice(
                    action: "replay",
                    reason:
                        """
                        Old skills fell: \(worst.metric) is worse by \(text(-(worst.difference ?? 0))) on \
                        \(worst.slice ?? worst.set.rawValue). 
                        """
                            + "Mix in more earlier rows (incremental.replay_share), or train from the base.",
                    figures: ["difference": worst.difference ?? 0]))
            advice.append(
                Advice(
                    action: "from_base",
                    reason: "A run from the base on all rows competes without what continuing forgets."))
        }
        // Neither more rows nor more gate rows help a model that has not finished learning, or one that cannot be
        // beaten.
        if advice.contains(where: { ["longer_answers", "nothing_to_gain", "train_longer"].contains($0.action) }) {
            return advice
        }
        if let worse = worseClasses(gates, evidence) { advice.append(worse) }
        if let more = moreGateRows(gates) { advice.append(more) }
        advice += moreData(gates, confusion, evidence)
        return advice
    }

    /// Steps whose loss was more than twice the median of the ten before; nil where there were fewer than two.
    static func unstable(_ losses: [Double]) -> Int? {
        guard losses.count > 10 else { return nil }
        let spikes = (10..<losses.count).count { index in
            let before = losses[(index - 10)..<index].sorted()
            // Near zero a loss may double and mean nothing.
            return losses[index] > 2 * (before[4] + before[5]) / 2 && losses[index] > 0.2
        }
        return spikes >= 2 ? spikes : nil
    }

    private static func fromTraining(_ training: TrainingResult) -> [Advice] {
        guard let best = training.validationLoss, let start = training.startValidationLoss else { return [] }
        if training.bestStep == 0 || best >= start {
            return [
                Advice(
                    action: "lower_learning_rate",
                    reason:
                        "No step improved the validation loss (\(text(start)) at the start, \(text(best)) at best).",
                    figures: ["start": start, "best": best])
            ]
        }
        if best - training.finalLoss > 0.3 {
            return [
                Advice(
                    action: "more_regularisation",
                    reason:
                        """
                        The training loss (\(text(training.finalLoss))) is far below the validation loss \
                        (\(text(best))): 
                        """
                            + "fewer epochs, dropout, weight decay or a lower rank.",
                    figures: ["gap": best - training.finalLoss])
            ]
        }
        if start - best < 0.01 * start {
            return [
                Advice(
                    action: "higher_learning_rate",
                    reason: "Training hardly moved the validation loss (\(text(start)) to \(text(best))): "
                        + "raise the learning rate or train more epochs.",
                    figures: ["start": start, "best": best])
            ]
        }
        return []
    }

    /// The class with the lowest recall, when it is below 70 % on at least three rows.
    static func weakestClass(
        _ confusion: [String: [String: Int]]
    ) -> (name: String, hits: Int, rows: Int, mistaken: String?)? {
        var worst: (name: String, hits: Int, rows: Int, mistaken: String?)?
        for (name, row) in confusion.sorted(by: { $0.key < $1.key }) {
            let rows = row.values.reduce(0, +)
            let hits = row[name] ?? 0
            guard rows >= 3, Double(hits) < 0.7 * Double(rows) else { continue }
            if let now = worst, Double(now.hits) / Double(now.rows) <= Double(hits) / Double(rows) { continue }
            let mistaken = row.filter { $0.key != name }.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            worst = (name, hits, rows, mistaken)
        }
        return worst
    }
}
