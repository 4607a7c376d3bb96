import Foundation
import Judged
import Ledger
import Nouns
import Places
import Platform
import Settings
import StageKit

extension ExperimentService {
    /// Ends an experiment: says what was found, and sends the winner to the gate, once.
    func finish(_ experiment: Experiment, _ reason: String) throws {
        let winner = ExperimentRules.winner(experiment)
        var ended = experiment
        ended.state =
            winner == nil && !experiment.trials.isEmpty && experiment.trials.allSatisfy { $0.fault != nil }
            ? .failed : .finished
        ended.winner = winner?.number
        ended.conclusion = TrialNotes.conclusion(experiment, reason: reason)
        var event: RunEvent?
        let concluded: Experiment
        if let winner, let adapter = winner.adapter, let training = winner.training, try meetsGate(winner, experiment) {
            let recipe = experiment.recipe(of: winner)
            let won = RunEvent.wonExperiment(experiment.id, trial: winner.number)
            event = won
            // Where the pipeline is gone, the run waits for it to come back.
            let settings = try context.settings.pipeline(experiment.pipeline).map {
                try FrozenSettings.freeze($0, context)
            }
            concluded = try context.ledger.conclude(
                ended, suggestion: suggestion(ended), taking: experiment.drops, message: RunLife.note(won) ?? ""
            ) { id, drops in
                var run = Run(
                    id: id, pipeline: experiment.pipeline, purpose: .experiment, mode: experiment.mode, state: .trained,
                    base: experiment.base(of: winner),
                    snapshot: winner.snapshot ?? experiment.snapshot, drops: drops, parent: experiment.parent,
                    recipe: recipe, priority: 40,
                    createdAt: Date(), requestedBy: experiment.requestedBy)
                (run.adapter, run.training, run.experiment, run.startedAt) = (
                    adapter, training, experiment.id, experiment.createdAt
                )
                (run.settings, run.engine) = (settings, training.engine?.name)
                run.notes = winner.values.keys.reduce(into: [:]) {
                    $0[$1] = "trial \(winner.number) of \(experiment.id)"
                }
                if winner.values["learning_rate"] == nil,
                    let range = experiment.ranges[experiment.base(of: winner).rawValue]
                {
                    run.range = range
                    run.notes?["learning_rate"] = range.reason
                }
                return run
            }
        } else {
            concluded = try context.ledger.conclude(ended, suggestion: suggestion(ended), taking: [], message: "", nil)
        }
        tidy(concluded)
        context.logger.notice(
            """
            Experiment \(concluded.id) of \(concluded.pipeline): \
            \(concluded.conclusion ?? "")\(concluded.run.map { " Run \($0) takes the winner to the gate." } ?? "")
            """,
            metadata: ["pipeline": "\(concluded.pipeline)", "event": "experiment.ended"])
        if let id = concluded.run, let event, let run = try context.ledger.run(id) {
            context.begin(run, event)
        } else {
            context.bells.scheduling.ring()
        }
    }

    /// Whether the winner has to show itself: not where the present recipe won and something is served from it already.
    private func meetsGate(_ winner: Trial, _ experiment: Experiment) throws -> Bool {
        if winner.number != 0 || !experiment.scales.isEmpty { return true }
        return try context.served(experiment.pipeline) == nil
    }

    /// What the experiment speaks for, where something other than the present recipe won (or a base had to be found).
    func suggestion(_ experiment: Experiment) throws -> Suggestion? {
        guard let number = experiment.winner, let winner = experiment.trials.first(where: { $0.number == number }),
            number != 0 || !experiment.scales.isEmpty
        else { return nil }
        var values = winner.values
        values["base"] = nil
        // What was adopted before and was not searched now stays.
        if let old = try context.ledger.suggestion(experiment.pipeline), old.adopted,
            old.recipe == experiment.configuredRecipe, old.configuredBase == experiment.configuredBase
        {
            values = old.values.merging(values) { $1 }
        }
        return Suggestion(
            pipeline: experiment.pipeline, experiment: experiment.id, base: experiment.base(of: winner), values: values,
            recipe: experiment.configuredRecipe, configuredBase: experiment.configuredBase)
    }

    /// Removes what the trials left, except the winner's adapter; gives the winner's run its training curve.
    func tidy(_ experiment: Experiment) {
        guard experiment.state.isFinal else { return }
        let folder = Self.folder(experiment.id, context)
        if let run = experiment.run, let winner = experiment.winner {
            let target = context.layout.run(run)
            let events = WorkFolder(Self.folder(experiment.id, winner, context)).events
            if !FileManager.default.fileExists(atPath: WorkFolder(target).events),
                let data = FileManager.default.contents(atPath: events)
            {
                do {
                    try AtomicFile.makeFolder(target)
                    try AtomicFile.write(data, to: WorkFolder(target).events)
                } catch {
                    context.logger.warning(
                        "The curve of \(run) could not be kept: \(error)",
                        metadata: ["event": "stage.failed", "stage": "experiments"])
                }
            }
        }
        let kept = experiment.run == nil ? nil : experiment.winner.map { "t\($0)" }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            if name == kept {
                try? FileManager.default.removeItem(atPath: WorkFolder("\(folder)/\(name)").checkpoint)
            } else {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
    }

    /// Adopts suggestions whose model is served, where the pipeline says so.
    func adopt() throws(CancellationError) {
        let pipelines = context.settings.pipelines.filter { $0.experiment.adopt == .onPromotion }
        try loop.each(
            pipelines, as: "adoption", key: \.name.rawValue, about: { ["pipeline": "\($0.name)"] }
        ) { pipeline in
            guard let suggestion = try context.ledger.suggestion(pipeline.name), !suggestion.adopted,
                !suggestion.values.isEmpty,
                let run = try context.ledger.experiment(suggestion.experiment)?.run,
                try context.served(pipeline.name)?.run == run
            else { return }
            if try context.ledger.adopt(suggestion) {
                context.logger.notice(
                    """
                    Adopted for \(pipeline.name) what \(suggestion.experiment) found: \
                    \(TrialNotes.show(suggestion.values))
                    """,
                    metadata: ["pipeline": "\(pipeline.name)", "event": "experiment.adopted"])
            }
        }
    }

    /// Lets the bases compete for pipelines with `base = "auto"` that have data and no base yet. Returns whether one
    /// began; what keeps one pipeline from it holds up no other.
    func beginForBases() async throws(CancellationError) -> Bool {
        let pipelines = context.settings.pipelines.filter {
            $0.enabled && $0.base == .automatic && !$0.trigger.manualOnly
        }
        loop.forget("bases", except: pipelines.map(\.name.rawValue))
        for pipeline in pipelines {
            let began = try await loop.guarding(
                "experiments:bases:\(pipeline.name)", about: ["pipeline": "\(pipeline.name)"]
            ) { try await beginForBases(of: pipeline) }
            if began == true { return true }
        }
        return false
    }

    /// Lets the bases compete for one pipeline; false where it has no data for that yet, or they compete already.
    private func beginForBases(of pipeline: PipelineSettings) async throws -> Bool {
        let name = pipeline.name
        guard try context.ledger.suggestion(name) == nil,
            try context.ledger.experiments(pipeline: name, state: .running, limit: 1).isEmpty
        else { return false }
        let waiting = try context.ledger.storedDrops(name).filter { !$0.isTried }
        let counts = try context.ledger.rowCounts(name)
        guard let newest = waiting.map(\.storedAt).max(),
            newest.addingTimeInterval(pipeline.trigger.settleSeconds) <= Date(),
            (counts[.train] ?? 0) >= pipeline.trigger.minimumRows, (counts[.gate] ?? 0) > 0,
            (counts[.validation] ?? 0) > 0
        else { return false }
        // Where the last attempt found nothing, the same data would find nothing again.
        if let last = try context.ledger.experiments(pipeline: name, limit: 1).first, last.createdAt > newest {
            return false
        }
        let ranked = try await recommender.recommend(name, rows: 32)
        let usable = ranked.filter { $0.rank != nil }
        guard let first = usable.first else {
            throw Failure(
                code: "base.none",
                """
                None of the registered bases can learn the data of '\(name)': \
                \(ranked.map { "\($0.base): \($0.reasons.joined(separator: "; "))" }.joined(separator: ". ")).
                """,
                at: pipeline.file, remedy: "Register another base with `ftctl base add`.")
        }
        var settings = pipeline.experiment
        let others = settings.searchIsDefault ? [] : settings.search.filter { $0.name != "base" }
        settings.search =
            [SearchDimension(name: "base", kind: .choice(usable.map { .string($0.base.rawValue) }))] + others
        settings.trials = max(settings.trials, usable.count)
        _ = try begin(
            pipeline, settings, by: "finetuned", base: first.base, drops: waiting.map(\.id), recommendations: ranked)
        return true
    }
}
