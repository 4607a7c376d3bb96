import Foundation
import Nouns

/// The next step after a run that was not promoted, from its verdict's advice, its curves and what was tried before.
package enum IterationRules {
    package enum Step: Hashable, Sendable {
        /// Try again, changed so.
        case retry(Recipe, Run.Mode, replayShare: Double?, reason: String)
        /// Stop: what was tried, and what is needed.
        case stop(String)
    }

    /// One attempt so far.
    package struct Attempt: Hashable, Sendable {
        package var recipe: Recipe
        package var mode: Run.Mode
        package var action: String?
        package var training: TrainingResult?
        package var outcome: Verdict.Outcome?
        package var advice: [Advice]
        /// Rows of the gate set by true, then answered class.
        package var confusion: [String: [String: Int]]?
        package init(
            recipe: Recipe, mode: Run.Mode, action: String? = nil, training: TrainingResult? = nil,
            outcome: Verdict.Outcome? = nil, advice: [Advice] = [],
            confusion: [String: [String: Int]]? = nil
        ) {
            self.confusion = confusion
            self.recipe = recipe
            self.mode = mode
            self.action = action
            self.training = training
            self.outcome = outcome
            self.advice = advice
        }
    }

    /// - Parameters:
    ///   - attempts: this chain's runs, oldest first; never empty.
    ///   - budget: most further runs.
    ///   - classRows: training rows of each class, for saying how many more are needed.
    package static func next(_ attempts: [Attempt], budget: Int, replayShare: Double, classRows: [String: Int] = [:])
        -> Step
    {
        guard let last = attempts.last else { return .stop("There is no run to go on from.") }
        let tried = attempts.compactMap(\.action)
        if last.outcome == .pass { return .stop("The last run passed.") }
        // Data that is missing cannot be trained around.
        let data = missing(last, classRows)
        guard attempts.count - 1 < budget else {
            return .stop(statement(tried, data, "the budget of \(budget) further runs is spent"))
        }
        for (action, reason) in candidates(last) where !tried.contains(action) {
            if let (recipe, mode, replay) = apply(action, last, replayShare: replayShare) {
                return .retry(recipe, mode, replayShare: replay, reason: "\(action): \(reason)")
            }
        }
        return .stop(statement(tried, data, "nothing else is left to try"))
    }

    /// What the evidence speaks for, strongest first: the curves before the advice of the gates.
    static func candidates(_ last: Attempt) -> [(action: String, reason: String)] {
        var list: [(String, String)] = []
        if let training = last.training, let start = training.startValidationLoss, let end = training.validationLoss {
            if end >= start {
                list.append(("lower_learning_rate", "validation loss never fell below where it started"))
            }
            if training.bestStep < training.steps * 2 / 3, training.steps >= 6 {
                list.append(
                    (
                        "more_regularisation",
                        "validation loss was lowest at step \(training.bestStep) of \(training.steps)"
                    ))
            }
            if end < start, end > training.finalLoss * 1.5 {
                list.append(("more_regularisation", "validation loss is far above training loss"))
            }
            if end > start * 0.97, end < start {
                list.append(("higher_learning_rate", "validation loss fell by less than 3 %"))
            }
        }
        for advice in last.advice where !["more_data", "more_gate_rows", "look_at_regressions"].contains(advice.action)
        {
            list.append((advice.action, advice.reason))
        }
        if last.mode != .fromBase {
            list.append(("from_base", "a run from the base is not bound by what was learnt before"))
        }
        list.append(("higher_rank", "a larger adapter can hold more"))
        var seen: Set<String> = []
        return list.filter { seen.insert($0.0).inserted }
    }

    private static func apply(_ action: String, _ last: Attempt, replayShare: Double) -> (Recipe, Run.Mode, Double?)? {
        var recipe = last.recipe
        switch action {
        case "lower_learning_rate":
            guard let rate = recipe.learningRate, rate > 1e-7 else { return nil }
            recipe.learningRate = rate / 3
        case "higher_learning_rate":
            guard let rate = recipe.learningRate, rate < 0.02 else { return nil }
            recipe.learningRate = rate * 3
        case "more_regularisation":
            recipe.adapterDropout = min(0.5, max(0.1, recipe.adapterDropout * 2))
            recipe.weightDecay = min(1, max(0.1, recipe.weightDecay * 3))
            recipe.patience = recipe.patience ?? 3
        case "train_longer":
            guard recipe.epochs < 32 else { return nil }
            recipe.epochs = min(32, recipe.epochs * 2)
        case "replay":
            guard last.mode != .fromBase else { return nil }
            return (recipe, last.mode, min(4, max(0.5, replayShare * 2)))
        case "from_base":
            guard last.mode != .fromBase else { return nil }
            return (recipe, .fromBase, nil)
        case "higher_rank":
            guard recipe.method == .lora, recipe.rank <= 64 else { return nil }
            recipe.rank *= 2
            recipe.alpha *= 2
            recipe.keepInRange()
        default: return nil
        }
        return (recipe, last.mode, nil)
    }

    private static func statement(_ tried: [String], _ data: String?, _ why: String) -> String {
        let what =
            tried.isEmpty
            ? "Nothing but the run itself was tried"
            : "Tried: " + tried.map { $0.replacingOccurrences(of: "_", with: " ") }.joined(separator: ", ")
        let need =
            data.map { "What is needed: \($0)" }
            ?? "What is needed: more or cleaner rows, or another base (`ftctl base recommend`)."
        return "\(what); \(why). \(need)"
    }

    /// What data is missing, in words: rows of the weakest class, else what the gates asked for.
    static func missing(_ last: Attempt, _ classRows: [String: Int]) -> String? {
        if let (name, recall, rows) = weakest(last.confusion) {
            let have = classRows[name] ?? 0
            let more = rowsNeeded(recall: recall, have: have)
            return
                """
                more data: about \(more) rows of class '\(name)' (\(have) to learn from now; right on \
                \(Int((recall * 100).rounded())) % of \(rows) gate rows).
                """
        }
        return last.advice.first { $0.action == "more_data" || $0.action == "more_gate_rows" }?.reason
    }

    /// Rows that would bring a class to `target`: errors fall with the square root of the rows, which is on the
    /// cautious side of the power laws that are measured (Hestness et al. 2017: exponents of 0.07 to 0.35 for hard
    /// tasks, up to 0.5). At least ten, and never more than ten times what is there.
    static func rowsNeeded(recall: Double, have: Int, target: Double = 0.8) -> Int {
        // Rounded, so that 0.4 / 0.2 is two.
        let wanted = (max(0, 1 - recall) / (1 - target) * 1e6).rounded() / 1e6
        let total = Double(max(1, have)) * wanted * wanted
        return max(10, min(Int(total.rounded(.up)) - have, 10 * max(10, have)))
    }

    private static func weakest(_ confusion: [String: [String: Int]]?) -> (name: String, recall: Double, rows: Int)? {
        let list = (confusion ?? [:]).compactMap { name, row -> (name: String, recall: Double, rows: Int)? in
            let rows = row.values.reduce(0, +)
            return rows >= 3 ? (name, Double(row[name] ?? 0) / Double(rows), rows) : nil
        }
        guard let worst = list.min(by: { ($0.recall, $0.name) < ($1.recall, $1.name) }), worst.recall < 0.7 else {
            return nil
        }
        return worst
    }
}
