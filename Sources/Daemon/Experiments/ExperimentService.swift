import ControlProtocol
import Foundation
import Judged
import Launching
import Ledger
import Nouns
import Platform
import ServiceLifecycle
import Settings
import StageKit
import Synchronization

/// Takes experiments in state `running` and runs that were not promoted; gives experiments in state `finished`, a run
/// for each winner, and the next run where `iterate = "auto"`.
///
/// Never judges: trials are chosen between on validation alone. Never holds anyone up: as soon as a run waits, the
/// trial gives way at its next step.
package struct ExperimentService: Service {
    let context: StageContext
    let launcher: any WorkerRunner
    /// The engines that pipelines can name (nil: there are none).
    let roster: EngineRoster?
    let recommender: BaseRecommender
    let freeze: Freeze
    let board = TrialBoard()
    let loop: StageLoop

    /// Freezes what is learnt from: the pipeline, where a run would start, and the share of earlier rows (nil: as
    /// configured).
    package typealias Freeze = @Sendable (PipelineName, Run.Mode, Double?) throws -> Snapshot

    package init(
        _ context: StageContext, launcher: any WorkerRunner, roster: EngineRoster? = nil, freeze: @escaping Freeze
    ) {
        self.roster = roster
        self.context = context
        self.launcher = launcher
        self.freeze = freeze
        recommender = BaseRecommender(context, launcher: launcher)
        context.ledger.changes.tell(context.bells.experiments)
        loop = StageLoop(
            "experiments", context, bell: context.bells.experiments, every: .seconds(60), rest: .seconds(1))
    }

    package func run() async throws {
        let ended = try context.ledger.experiments(limit: 100)
        await loop.run(first: { for experiment in ended { tidy(experiment) } }) {
            if try await pass() { return .again }
            // What holds a trial up may be of the machine, and is not heard of.
            return try context.ledger.experiments(state: .running, limit: 1).isEmpty ? .later : .within(.seconds(5))
        }
    }

    /// Does the next thing, if there is one. Returns whether it did something.
    func pass() async throws -> Bool {
        try iterate()
        try adopt()
        if try !isTaken(nil), try await beginForBases() { return true }
        // The oldest first. An experiment whose pipeline has no settings waits; one that cannot go on does not hold up
        // the next.
        let running = try context.ledger.experiments(state: .running, limit: 1000).reversed()
        loop.forget("experiment", except: running.map(\.id.rawValue))
        for experiment in running where context.settings.pipeline(experiment.pipeline) != nil {
            if try isTaken(engine(of: experiment)) { continue }
            let worked = try await loop.guarding(
                "experiments:experiment:\(experiment.id)", about: ["pipeline": "\(experiment.pipeline)"]
            ) { try await advance(experiment) }
            if let worked { return worked }
        }
        return false
    }

    /// Whether a run wants an engine, or this machine: new data or a person goes before every trial, and so does the
    /// rest of the machine where runs wait for it.
    func isTaken(_ engine: EngineName?) throws -> Bool {
        let isHere = engine.flatMap { context.settings.now.engine($0) }?.isScheduled != true
        if isHere, context.waits.problem(of: "machine") != nil { return true }
        return try context.ledger.runs(in: [.queued, .training, .trained, .evaluating]).contains {
            $0.paused == nil && $0.engineAtWork == engine
        }
    }

    /// The engine of an experiment's trials; nil for the daemon's own worker.
    func engine(of experiment: Experiment) -> EngineName? { context.settings.pipeline(experiment.pipeline)?.engine }

    /// Begins an experiment because a person asks.
    package func start(_ name: PipelineName, _ request: StartExperiment, by who: String) throws -> Experiment {
        let pipeline = try context.requirePipeline(name)
        var settings = pipeline.experiment
        settings.strategy = request.strategy ?? settings.strategy
        if let trials = request.trials {
            guard (1...10_000).contains(trials) else {
                throw Self.refused("trials", "\(trials)", "a number from 1 to 10000")
            }
            settings.trials = trials
        }
        if let minutes = request.minutes {
            guard minutes >= 0, minutes <= 100_000 else {
                throw Self.refused("minutes", "\(minutes)", "a number from 0 (no limit) to 100000")
            }
            settings.minutes = minutes
        }
        if let tokens = request.tokens {
            guard tokens >= 0 else { throw Self.refused("tokens", "\(tokens)", "0 (no limit) or more") }
            settings.tokens = tokens
        }
        return try begin(pipeline, settings, by: who)
    }

    /// No further trials; what runs stops at its next step.
    package func stop(_ id: ExperimentID, by who: String) throws -> Experiment {
        guard let experiment = try context.ledger.experiment(id) else {
            throw Failure(
                code: "experiment.unknown", "There is no experiment '\(id)'.", at: id.rawValue,
                remedy: "See `ftctl experiment list`.")
        }
        guard experiment.state == .running else {
            throw Failure(
                code: "experiment.over", "The experiment \(id) is \(experiment.state.rawValue) already.",
                at: id.rawValue, remedy: "See `ftctl experiment show \(id)`.")
        }
        var ended = experiment
        ended.state = .stopped
        ended.winner = ExperimentRules.winner(experiment)?.number
        ended.conclusion = TrialNotes.conclusion(experiment, reason: "stopped by \(who)")
        let stopped = try context.ledger.conclude(ended, suggestion: suggestion(ended), taking: [], message: "", nil)
        board.interrupt(id)
        context.logger.notice(
            "Experiment \(id) of \(experiment.pipeline): \(stopped.conclusion ?? "stopped")",
            metadata: ["pipeline": "\(experiment.pipeline)", "event": "experiment.ended"])
        return stopped
    }

    /// An experiment as it is at this moment, with the step that its trial is at.
    package func live(_ experiment: Experiment) -> Experiment {
        var experiment = experiment
        experiment.live = board[experiment.id]
        return experiment
    }

    /// Freezes the data and records the experiment.
    func begin(
        _ pipeline: PipelineSettings, _ wanted: ExperimentSettings, by who: String, base: BaseID? = nil,
        drops: [DropID] = [],
        recommendations: [BaseRecommendation]? = nil
    ) throws -> Experiment {
        var settings = wanted
        let (effective, _) = try context.effective(pipeline)
        settings.replayShare = effective.incremental.replayShare
        for dimension in settings.search where dimension.name == "base" {
            guard case .choice(let bases) = dimension.kind else { continue }
            for name in bases.compactMap(\.stringValue) { _ = try context.requireBase(BaseID(name)) }
        }
        let card = try startBase(base ?? effective.base, pipeline)
        let (mode, parent) = try startMode(settings, pipeline, card)
        let snapshot = try freeze(pipeline.name, mode, nil)
        let (rows, held) = (snapshot.rows[.train] ?? 0, snapshot.rows[.validation] ?? 0)
        guard rows > 0, held > 0 else {
            throw Failure(
                code: "experiment.no_rows",
                """
                The pipeline '\(pipeline.name)' has \(rows) training and \(held) validation rows; trials are \
                chosen between on validation.
                """,
                at: pipeline.name.rawValue,
                remedy: held == 0 && rows > 0 ? "Raise data.validation_share, or drop more rows." : "Drop a file first."
            )
        }
        var recipe = try context.prepared(effective.recipe, card)
        if effective.automaticEpochs { recipe.epochs = Double(EpochsRule.epochs(rows: rows)) }
        let experiment = try context.ledger.begin(pipeline.name) { id in
            var experiment = Experiment(
                id: id, pipeline: pipeline.name, settings: settings, snapshot: snapshot.id, base: card.id,
                recipe: recipe, steps: 1, createdAt: Date(),
                requestedBy: who)
            (experiment.configuredRecipe, experiment.configuredBase) = (pipeline.recipe, pipeline.base)
            experiment.rows = rows
            experiment.enough = EnoughRules.rule(effective, labels: snapshot.labels)
            experiment.steps = experiment.steps(Trial(number: 0, values: [:]))
            (experiment.mode, experiment.parent) = (mode, parent)
            experiment.drops = drops
            experiment.recommendations = recommendations
            return experiment
        }
        context.logger.notice(
            """
            Experiment \(experiment.id) of \(pipeline.name) begins: \(settings.strategy.rawValue) over \
            \(settings.search.map(\.name).joined(separator: ", ")), at most \(settings.trials) trials
            """,
            metadata: ["pipeline": "\(pipeline.name)", "event": "experiment.started"])
        context.bells.experiments.ring()
        return experiment
    }

    /// The base that trials start from; refused where the bases have not competed yet.
    private func startBase(_ start: BaseID, _ pipeline: PipelineSettings) throws -> BaseCard {
        guard start != .automatic else {
            throw Failure(
                code: "experiment.base",
                """
                The bases of '\(pipeline.name)' have not competed yet; that is an experiment by itself and begins \
                once there is data.
                """,
                at: pipeline.name.rawValue, remedy: "Drop a file into \(context.dropFolder(pipeline)), or name a base.")
        }
        return try context.requireBase(start)
    }

    /// Trials go on from the served version where the share of replayed rows is searched, else they begin at the base.
    private func startMode(_ settings: ExperimentSettings, _ pipeline: PipelineSettings, _ card: BaseCard) throws
        -> (Run.Mode, VersionID?)
    {
        guard settings.search.contains(where: { $0.name == "replay_share" }) else { return (.fromBase, nil) }
        guard let served = try context.served(pipeline.name), served.base == card.id else {
            throw Failure(
                code: "experiment.replay",
                """
                replay_share can be searched only where a version of that base is served and further rows came \
                after it.
                """,
                at: "\(pipeline.file), experiment.search.replay_share", remedy: "Leave that dimension out until then.")
        }
        return (.continued, served.id)
    }

    private static func refused(_ key: String, _ value: String, _ expected: String) -> Failure {
        Failure(
            code: "experiment.budget", "The budget '\(key)' is \(value), which is not \(expected).", at: key,
            remedy: "Give \(expected).")
    }
}
