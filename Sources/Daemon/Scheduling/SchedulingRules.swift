import Contracts
import Foundation
import Settings

/// When stored rows become a run, and of which kind; without any I/O.
package enum SchedulingRules {
    /// What is known of a pipeline at one moment.
    package struct Situation: Sendable {
        package var newRows: Int
        package var allRows: Int
        package var gateRows: Int
        package var newestDrop: Date?
        package var lastRun: Date?
        package var isBusy: Bool
        package var hasServed: Bool
        /// Continuations since the last run from the base.
        package var continuations: Int
        package var servedBase: BaseID?
        package var now: Date

        package init(
            newRows: Int, allRows: Int, gateRows: Int, newestDrop: Date?, lastRun: Date?, isBusy: Bool, hasServed: Bool, continuations: Int,
            servedBase: BaseID?, now: Date
        ) {
            self.newRows = newRows
            self.allRows = allRows
            self.gateRows = gateRows
            self.newestDrop = newestDrop
            self.lastRun = lastRun
            self.isBusy = isBusy
            self.hasServed = hasServed
            self.continuations = continuations
            self.servedBase = servedBase
            self.now = now
        }
    }

    package enum Decision: Hashable, Sendable {
        /// Nothing to do; the sentence says what is waited for.
        case wait(String, until: Date?)
        case queue(Run.Mode, reason: String)
    }

    /// The decision for one pipeline.
    package static func decide(_ s: Situation, _ settings: PipelineSettings) -> Decision {
        let trigger = settings.trigger
        guard s.newRows > 0 else { return .wait(s.allRows == 0 ? "waiting for data" : "up to date with its data", until: nil) }
        if trigger.manualOnly { return .wait("\(s.newRows) new rows wait for `ftctl run \(settings.name)`", until: nil) }
        if let newest = s.newestDrop {
            let settled = newest.addingTimeInterval(trigger.settleSeconds)
            if settled > s.now { return .wait("waiting for further drops", until: settled) }
        }
        if s.allRows < trigger.minimumRows {
            return .wait("waiting for \(trigger.minimumRows - s.allRows) more training rows (\(s.allRows) of \(trigger.minimumRows))", until: nil)
        }
        if s.hasServed, s.newRows < trigger.minimumNewRows {
            return .wait("waiting for \(trigger.minimumNewRows - s.newRows) more new rows (\(s.newRows) of \(trigger.minimumNewRows))", until: nil)
        }
        if s.gateRows == 0 { return .wait("waiting for rows on the gate side: none of the prompts fell there yet", until: nil) }
        if s.isBusy { return .wait("\(s.newRows) new rows wait for the present run to end", until: nil) }
        if let last = s.lastRun, trigger.minimumIntervalSeconds > 0 {
            let next = last.addingTimeInterval(trigger.minimumIntervalSeconds)
            if next > s.now { return .wait("\(s.newRows) new rows wait for trigger.minimum_interval_seconds", until: next) }
        }
        return .queue(mode(s, settings, asked: nil), reason: "\(s.newRows) new rows")
    }

    /// Where a run starts from.
    package static func mode(_ s: Situation, _ settings: PipelineSettings, asked: Run.Mode?) -> Run.Mode {
        guard s.hasServed, s.servedBase == settings.base else { return .fromBase }
        if let asked { return asked }
        let every = settings.incremental.fromBaseEvery
        if every > 0, s.continuations >= every { return .fromBase }
        return settings.incremental.mode
    }

    /// The recipe of a run over `rows` training rows, and where the values come from that nobody wrote down.
    ///
    /// A warm start begins lower, since it starts near its goal. Without a learning rate the recipe is left without one: the range test that
    /// finds it is the run's first work.
    package static func recipe(_ settings: PipelineSettings, mode: Run.Mode, rows: Int) -> (recipe: Recipe, notes: [String: String]) {
        var recipe = settings.recipe
        var notes: [String: String] = [:]
        if mode == .continued, let rate = recipe.learningRate {
            recipe.learningRate = rate * settings.incremental.warmStartRatio
            notes["learning_rate"] = "recipe.learning_rate × \(settings.incremental.warmStartRatio) (incremental.warm_start_ratio): a warm start begins lower"
        }
        if settings.automaticEpochs {
            recipe.epochs = Double(EpochsRule.epochs(rows: rows))
            notes["epochs"] = "\(EpochsRule.epochs(rows: rows)) for \(rows) training rows, by OpenAI's rule"
        }
        return (recipe, notes)
    }
}
