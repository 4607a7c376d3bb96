import Foundation
import Nouns

/// What an experiment does next; a pure function of the experiment as the ledger has it, so that a restart goes on
/// where it was.
///
/// Asynchronous successive halving of the promoting kind (Li et al., "A System for Massively Parallel Hyperparameter
/// Tuning", MLSys 2020, algorithm 2): from the highest rung down, a trial among the best 1/eta of its rung that has not
/// gone on goes on from its checkpoint; where there is none a new trial starts. When no trial may start any more, the
/// best of the highest rung goes on to the end.
package enum ExperimentRules {
    package enum Step: Hashable, Sendable {
        /// Take this trial (a known one, or a new one with the next number) to this rung.
        case work(Trial, rung: Int)
        /// Nothing more: why, in a sentence.
        case finish(String)
    }

    /// The next step.
    package static func next(_ experiment: Experiment, _ space: SearchSpace) -> Step {
        if let reason = exhausted(experiment) { return .finish(reason) }
        // A trial that was at work when the daemon stopped, or that had to give way, goes on first.
        if let trial = experiment.trials.first(where: { $0.running != nil && $0.fault == nil }),
            let rung = trial.running
        {
            return .work(trial, rung: rung)
        }
        if experiment.trials.count >= 3, experiment.trials.allSatisfy({ $0.fault != nil && $0.losses.isEmpty }) {
            return .finish(
                "the first \(experiment.trials.count) trials all failed: \(experiment.trials[0].fault ?? "")")
        }
        let top = experiment.rungs - 1
        for rung in stride(from: top - 1, through: 0, by: -1) {
            if let trial = promotable(experiment, rung: rung) { return .work(trial, rung: rung + 1) }
        }
        if experiment.trials.count < experiment.settings.trials, !isSettled(experiment),
            let values = proposal(experiment, space)
        {
            return .work(Trial(number: experiment.trials.count, values: values), rung: 0)
        }
        // Someone must have gone to the end before there is a winner.
        if !experiment.trials.contains(where: { $0.losses.count > top }) {
            let candidates = experiment.trials.filter { $0.fault == nil && !$0.losses.isEmpty }
            let highest = candidates.map(\.losses.count).max() ?? 0
            if let best = candidates.filter({ $0.losses.count == highest }).min(by: { better($0, $1, highest - 1) }) {
                return .work(best, rung: highest)
            }
            return .finish("no trial came to a result")
        }
        if experiment.trials.count >= experiment.settings.trials {
            return .finish("all \(experiment.settings.trials) trials were made")
        }
        return .finish(
            isSettled(experiment)
                ? "the leader is clear: later trials did not come near it" : "every combination was tried")
    }

    /// The best trial of those that went to the end; ties go to the earlier trial, so the present recipe stays unless
    /// another one is better.
    package static func winner(_ experiment: Experiment) -> Trial? {
        let top = experiment.rungs - 1
        return experiment.trials.filter { $0.losses.count > top && !$0.losses[top].isNaN }.min { better($0, $1, top) }
    }

    /// The best trial of `rung` that is among its best 1/eta, at least one, and has not gone on.
    ///
    /// At least one: the first trial, which is the present recipe, goes to the end at once, so that whatever wins was
    /// compared with it in full, and a budget that runs out leaves a winner.
    static func promotable(_ experiment: Experiment, rung: Int) -> Trial? {
        let there = experiment.trials.filter { $0.losses.count > rung }.sorted { better($0, $1, rung) }
        let quota = max(1, there.count / max(2, experiment.settings.eta))
        return there.prefix(quota).first { $0.losses.count == rung + 1 && $0.running == nil && $0.fault == nil }
    }

    /// Values of the next new trial; nil where a grid is used up.
    static func proposal(_ experiment: Experiment, _ space: SearchSpace) -> [String: JSONValue]? {
        let number = experiment.trials.count
        if number == 0 { return present(experiment, space) }
        // Every base is tried with the present recipe before anything else is varied.
        if let dimension = space.dimensions.first(where: { $0.name == "base" }),
            case .choice(let bases) = dimension.kind
        {
            let seen = Set(experiment.trials.compactMap { $0.values["base"] })
            if let base = bases.first(where: { !seen.contains($0) }) {
                return present(experiment, space).merging(["base": base]) { $1 }
            }
            if space.dimensions.count == 1 { return nil }
        }
        let settings = experiment.settings
        let tried = Set(experiment.trials.map(\.values))
        let seed = UInt64(clamping: settings.seed)
        switch settings.strategy {
        case .grid:
            return space.grid(points: settings.points, limit: settings.trials + 1).first { !tried.contains($0) }
        case .random, .halving:
            // Proposals that repeat what was tried (small discrete spaces) are drawn again a few times.
            for attempt in 0..<20 {
                let values =
                    settings.strategy == .random || attempt > 0
                    ? space.random(seed: seed, number: number &+ attempt * 100_003)
                    : ParzenProposals.propose(space, results: results(experiment), seed: seed, number: number)
                if !tried.contains(values) { return values }
            }
            return nil
        }
    }

    /// What the estimator learns from: the highest rung with enough results (as BOHB does), else the lowest.
    static func results(_ experiment: Experiment) -> [(values: [String: JSONValue], loss: Double)] {
        for rung in stride(from: experiment.rungs - 1, through: 0, by: -1) {
            let there = experiment.trials.filter { $0.losses.count > rung }
            guard there.count >= ParzenProposals.startup || rung == 0 else { continue }
            // What diverged is the worst of all: the estimator must keep away from there.
            let faults = experiment.trials.filter { $0.fault != nil && $0.losses.count <= rung }.map {
                ($0.values, Double.greatestFiniteMagnitude)
            }
            return there.map { ($0.values, $0.losses[rung]) } + faults
        }
        return []
    }

    /// The pipeline's present recipe as a trial.
    static func present(_ experiment: Experiment, _ space: SearchSpace) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for dimension in space.dimensions {
            if dimension.name == "base" {
                values["base"] = .string(experiment.base.rawValue)
            } else if dimension.name == "replay_share" {
                values["replay_share"] = .number(experiment.settings.replayShare)
            } else if let value = Recipe.searchable[dimension.name]?.read(experiment.recipe), value != .null {
                values[dimension.name] = value
            }
        }
        return values
    }

    /// Whether a budget is spent.
    static func exhausted(_ experiment: Experiment) -> String? {
        let settings = experiment.settings
        if settings.minutes > 0, experiment.seconds >= settings.minutes * 60 {
            return "the budget of \(settings.minutes.formatted()) minutes is spent"
        }
        if settings.tokens > 0, experiment.tokens >= settings.tokens {
            return "the budget of \(settings.tokens) tokens is spent"
        }
        return nil
    }

    /// Whether the leader is clear: it went to the end, and the last 2·eta trials all stayed more than 2 % above what
    /// it had at their rung.
    static func isSettled(_ experiment: Experiment) -> Bool {
        guard experiment.settings.strategy == .halving, let leader = winner(experiment), let mark = leader.losses.first
        else { return false }
        let later = experiment.trials.filter { $0.number > leader.number && $0.running == nil }
        guard later.count >= 2 * max(2, experiment.settings.eta) else { return false }
        return later.suffix(2 * max(2, experiment.settings.eta)).allSatisfy {
            ($0.losses.first ?? .infinity) > mark + 0.02 * abs(mark)
        }
    }

    private static func better(_ left: Trial, _ right: Trial, _ rung: Int) -> Bool {
        let (a, b) = (left.losses[rung], right.losses[rung])
        if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
        return a == b ? left.number < right.number : a < b
    }
}
