import Foundation
import Nouns
import Platform
import Reports
import Settings

/// When stored rows become a run, and of which kind; without any I/O.
package enum SchedulingRules {
    package enum Decision: Hashable, Sendable {
        /// Nothing to do before something comes: data, a time, or a person; the sentence says which.
        case wait(String, until: Date?)
        /// Nothing to do yet; a run follows by itself, after the settle time or after the run at work.
        case soon(String, until: Date?)
        /// The pipeline cannot go on by itself; a person should know.
        case stuck(Failure)
        case queue(Run.Mode, reason: String)
    }

    /// The decision for one pipeline.
    package static func decide(_ s: Situation, _ settings: PipelineSettings) -> Decision {
        let trigger = settings.trigger
        if let reason = competition(s, settings) {
            if s.isBusy { return .soon("a run from the base waits for the present run to end", until: nil) }
            return hold(s, settings, since: s.lastRun, what: "a run from the base waits")
                ?? .queue(.fromBase, reason: reason)
        }
        guard s.newRows > 0 else { return .wait(idle(s, settings), until: nil) }
        if trigger.manualOnly {
            return .wait("\(s.newRows) new rows wait for `ftctl run \(settings.name)`", until: nil)
        }
        if let newest = s.newestDrop {
            let settled = newest.addingTimeInterval(trigger.settleSeconds)
            if settled > s.now { return .soon("waiting for further drops", until: settled) }
        }
        if s.allRows < trigger.minimumRows {
            return .wait(
                """
                waiting for \(trigger.minimumRows - s.allRows) more training rows (\(s.allRows) of \
                \(trigger.minimumRows))
                """,
                until: nil)
        }
        if let known = s.known, s.hasServed, let hold = skip(known, s, settings) { return hold }
        let fresh = s.newRows + s.leftRows
        if s.hasServed, fresh < trigger.minimumNewRows {
            return .wait(
                "waiting for \(trigger.minimumNewRows - fresh) more new rows (\(fresh) of \(trigger.minimumNewRows))",
                until: nil)
        }
        if s.gateRows == 0 {
            return .stuck(
                Failure(
                    code: "dataset.no_gate_rows",
                    """
                    Waiting for rows on the gate side: none of the prompts fell there yet, so nothing could be \
                    judged.
                    """,
                    at: "\(settings.file), data.gate_share",
                    remedy: "Drop more rows; a larger data.gate_share counts for prompts not seen yet."))
        }
        if s.isBusy { return .soon("\(s.newRows) new rows wait for the present run to end", until: nil) }
        if let hold = hold(s, settings, since: s.oldestDrop, what: "\(s.newRows) new rows wait") { return hold }
        let left = s.leftRows > 0 ? ", and \(s.leftRows) of runs that were not promoted" : ""
        return .queue(mode(s, settings, asked: nil), reason: "\(s.newRows) new rows\(left)")
    }

    /// Waits for the period since the last run to pass, and for the calendar.
    ///
    /// A time of the calendar counts once it has passed since the rows came (or the last run was made): one that passed
    /// while another run was at work, or the machine was off, is made up for.
    private static func hold(_ s: Situation, _ settings: PipelineSettings, since: Date?, what: String) -> Decision? {
        let trigger = settings.trigger
        if let last = s.lastRun, trigger.minimumIntervalSeconds > 0 {
            let next = last.addingTimeInterval(trigger.minimumIntervalSeconds)
            if next > s.now { return .wait("\(what) for trigger.minimum_interval_seconds", until: next) }
        }
        if let text = trigger.calendar, let event = try? CalendarEvent(text), let since {
            guard let next = event.next(after: since) else {
                return .wait("\(what), but trigger.calendar (\(text)) has no time to come", until: nil)
            }
            if next > s.now { return .wait("\(what) for trigger.calendar (\(text))", until: next) }
        }
        return nil
    }

    /// Why nothing is to be done while no new rows are there.
    private static func idle(_ s: Situation, _ settings: PipelineSettings) -> String {
        if s.allRows == 0 { return "waiting for data" }
        // What it learns from is neither learnt nor left out yet.
        if s.isBusy { return "a run is at work on its data" }
        guard s.leftRows > 0 else { return "up to date with its data" }
        return "\(Quantity.counted(s.leftRows, "row")) left to learn, with new data or `ftctl run \(settings.name)`"
    }

    /// Why a run from the base is to compete with what is served, or nil where none is due.
    ///
    /// It is due after so many continuations of the served model, or once its old skills fell by more than the budget;
    /// and not again until as many more runs have been made, so that one that loses is not repeated at once.
    package static func competition(_ s: Situation, _ settings: PipelineSettings) -> String? {
        guard s.hasServed, s.servedBase == settings.base, !settings.trigger.manualOnly,
            s.allRows >= settings.trigger.minimumRows, s.gateRows > 0
        else { return nil }
        let every = settings.incremental.fromBaseEvery
        if every > 0, s.continuations >= every, s.runsSinceFromBase >= every {
            return "\(s.continuations) continuations since the last run from the base (incremental.from_base_every)"
        }
        let budget = settings.incremental.forgettingBudget(hasClasses: s.hasClasses)
        if budget > 0, s.forgotten > budget, s.runsSinceFromBase >= 1 {
            return String(
                format:
                    """
                    the loss on earlier drops or on the base's probe rose by %.3g, more than the %.3g of \
                    incremental.forgetting_budget
                    """,
                s.forgotten, budget)
        }
        return nil
    }

    /// Where a run starts from.
    package static func mode(_ s: Situation, _ settings: PipelineSettings, asked: Run.Mode?) -> Run.Mode {
        guard s.hasUnproven || s.hasServed && s.servedBase == settings.base else { return .fromBase }
        return asked ?? settings.incremental.mode
    }

    /// The recipe of a run over `rows` training rows, and where the values come from that nobody wrote down.
    ///
    /// A warm start begins lower, since it starts near its goal; a new adapter (`stack`) starts at zero, as from the
    /// base. Without a learning rate the recipe is left without one: the range test that finds it is the run's first
    /// work.
    package static func recipe(_ settings: PipelineSettings, mode: Run.Mode, rows: Int) -> (
        recipe: Recipe, notes: [String: String]
    ) {
        var recipe = settings.recipe
        var notes: [String: String] = [:]
        if mode == .continued, let rate = recipe.learningRate {
            recipe.learningRate = rate * settings.incremental.warmStartRatio
            recipe.keepInRange()
            notes["learning_rate"] =
                """
                recipe.learning_rate × \(settings.incremental.warmStartRatio) (incremental.warm_start_ratio): a \
                warm start begins lower
                """
        }
        if settings.automaticEpochs {
            recipe.epochs = Double(EpochsRule.epochs(rows: rows))
            notes["epochs"] = "\(EpochsRule.epochs(rows: rows)) for \(rows) training rows, by OpenAI's rule"
        }
        return (recipe, notes)
    }

    /// How much the old skills fell in a run: the larger rise of the loss, over the model it was to replace, on gate
    /// rows of earlier drops or on the base's probe; 0 where none rose. Rises over the served model add up over
    /// continuations; rises over the base would count twice.
    package static func forgotten(_ verdict: Verdict?) -> Double {
        guard let verdict else { return 0 }
        var rises = verdict.gates.filter { $0.metric == .loss && $0.slice == "drop=earlier" }.compactMap(\.difference)
            .map { -$0 }
        if rises.isEmpty, let now = verdict.figures[.candidate]?[.earlier]?[.loss],
            let before = verdict.figures[.served]?[.earlier]?[.loss]
        {
            rises.append(now - before)
        }
        if let now = verdict.figures[.candidate]?[.probe]?[.loss],
            let before = verdict.figures[.served]?[.probe]?[.loss]
        {
            rises.append(now - before)
        }
        return max(0, rises.max() ?? 0)
    }
}
