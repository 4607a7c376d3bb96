import Foundation

/// Names one experiment, such as `x-000007`.
package typealias ExperimentID = Identifier<Experiment>

/// How an experiment searches and what it may cost: `[experiment]` of a pipeline.
package struct ExperimentSettings: Codable, Hashable, Sendable {
    package enum Strategy: String, Codable, Hashable, Sendable, CaseIterable {
        /// Every combination, to the end.
        case grid
        /// Random combinations, to the end.
        case random
        /// Asynchronous successive halving: many start, the best third of each rung goes on.
        case halving
    }
    package enum Adoption: String, Codable, Hashable, Sendable, CaseIterable {
        case never, onPromotion = "on_promotion"
    }

    package var strategy: Strategy = .halving
    package var search: [SearchDimension] = Self.usual
    /// Whether `search` is the default rather than what somebody wrote down.
    package var searchIsDefault = true
    /// Most trials; the pipeline's present recipe is the first of them.
    package var trials = 12
    /// Budgets besides (0: none).
    package var minutes = 0.0
    package var tokens = 0
    /// One in `eta` of a rung goes on, with `eta` times the steps.
    package var eta = 3
    package var rungs = 3
    /// Values taken from a range by `grid`.
    package var points = 5
    package var seed = 17
    package var adopt: Adoption = .never
    /// The pipeline's own replay share, for its present recipe.
    package var replayShare = 0.5
    package init() {}

    /// What is searched where nobody says: the learning rate, and what holds overfitting back.
    package static let usual = [
        SearchDimension(name: "learning_rate", kind: .logUniform(5e-5, 5e-3)),
        SearchDimension(name: "adapter_dropout", kind: .choice([0.0, 0.1])),
        SearchDimension(name: "weight_decay", kind: .choice([0.0, 0.01, 0.1])),
    ]
}

/// A search for a better recipe on one frozen snapshot. It is its own whole state: what to do next is a function of it.
package struct Experiment: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        case running, finished, stopped, failed
        package var isFinal: Bool { self != .running }
    }

    package var id: ExperimentID
    package var pipeline: PipelineName
    package var state: State
    package var settings: ExperimentSettings
    package var snapshot: SnapshotID
    package var base: BaseID
    /// The pipeline's recipe when the experiment began: what trials change.
    package var recipe: Recipe
    /// Recipe and base as the settings had them when the experiment began.
    package var configuredRecipe: Recipe
    package var configuredBase: BaseID
    /// When a trial has nothing left to gain (nil: all epochs are trained).
    package var enough: EnoughRule?
    /// Optimizer steps of a whole trial of the present recipe.
    package var steps: Int
    /// Training rows; the steps of a trial follow from them, its epochs and its batch (0: every trial has `steps`).
    package var rows = 0
    /// Where trials start: the base, or (where `replay_share` is searched) the served version.
    package var mode = Run.Mode.fromBase
    package var parent: VersionID?
    /// Drops that wait for this experiment's winner (`base = "auto"`).
    package var drops: [DropID] = []
    /// Range tests by base, where the recipe has no learning rate.
    package var ranges: [String: RangeTestResult] = [:]
    /// By base, what a loss per token is multiplied by to be comparable (bits per byte); empty where one base only is
    /// tried.
    package var scales: [String: Double] = [:]
    /// How the bases ranked before any training, where they compete.
    package var recommendations: [BaseRecommendation]?
    package var trials: [Trial]
    /// Number of the best trial that went to the end.
    package var winner: Int?
    /// The run that takes the winner's recipe through the gate, once.
    package var run: RunID?
    /// In a sentence: what was found, or why it stopped.
    package var conclusion: String?
    package var createdAt: Date
    package var finishedAt: Date?
    package var requestedBy: String
    /// What the trial under way is at; only in answers, never stored.
    package var live: LiveTrial?

    package init(
        id: ExperimentID, pipeline: PipelineName, settings: ExperimentSettings, snapshot: SnapshotID, base: BaseID,
        recipe: Recipe, steps: Int,
        createdAt: Date, requestedBy: String
    ) {
        self.id = id
        self.pipeline = pipeline
        state = .running
        self.settings = settings
        self.snapshot = snapshot
        self.base = base
        self.recipe = recipe
        configuredRecipe = recipe
        configuredBase = base
        self.steps = steps
        trials = []
        self.createdAt = createdAt
        self.requestedBy = requestedBy
    }

    package var tokens: Int { trials.reduce(0) { $0 + $1.tokens } }
    package var seconds: Double { trials.reduce(0) { $0 + $1.seconds } }

    /// Steps after which rung `rung` of the present recipe is measured; the last rung is the whole trial.
    package func steps(rung: Int) -> Int { Self.steps(rung: rung, of: steps, rungs: rungs, eta: settings.eta) }

    /// Steps after which rung `rung` of a trial is measured.
    package func steps(_ trial: Trial, rung: Int) -> Int {
        Self.steps(rung: rung, of: steps(trial), rungs: rungs, eta: settings.eta)
    }

    /// Steps of a whole trial.
    package func steps(_ trial: Trial) -> Int {
        guard rows > 0 else { return steps }
        let recipe = recipe(of: trial)
        let perEpoch = Double((rows + max(1, recipe.batchRows) - 1) / max(1, recipe.batchRows))
        return max(1, Int(max(1, min(1e9, (recipe.epochs * perEpoch).rounded(.up)))))
    }

    /// Validation is measured every so many steps, and each rung is a multiple of that.
    package func unit(_ trial: Trial) -> Int { rungs == 1 ? max(1, steps(trial) / 10) : steps(trial, rung: 0) }

    private static func steps(rung: Int, of steps: Int, rungs: Int, eta: Int) -> Int {
        guard rung < rungs - 1 else { return steps }
        var unit = steps
        for _ in 0..<rungs - 1 { unit /= max(2, eta) }
        unit = max(1, unit)
        for _ in 0..<max(0, rung) { unit = min(steps, unit * max(2, eta)) }
        return unit
    }

    /// Rungs of every trial: one where nothing is halved.
    package var rungs: Int { settings.strategy == .halving ? max(1, settings.rungs) : 1 }

    /// The whole recipe of a trial; without a learning rate where its base has no range test yet.
    package func recipe(of trial: Trial) -> Recipe {
        var recipe = recipe.setting(trial.values)
        if recipe.learningRate == nil, let range = ranges[base(of: trial).rawValue] {
            recipe.learningRate = range.suggested
            recipe.keepInRange()
        }
        return recipe
    }
    package func base(of trial: Trial) -> BaseID { trial.values["base"]?.stringValue.map { BaseID($0) } ?? base }
}

/// One setting that is tried.
package struct Trial: Codable, Hashable, Sendable {
    /// 0 is the pipeline's present recipe.
    package var number: Int
    package var values: [String: JSONValue]
    /// Lowest validation loss up to each rung that was reached, in order.
    package var losses: [Double]
    /// Validation loss by step, for the curve; and the loss on the training rows beside it.
    package var curve: [ValidationReport]
    package var trainLoss: Double?
    package var tokens: Int
    package var seconds: Double
    /// Mean training loss since the validation before, one for each point of `curve`.
    package var trainLosses: [Double]
    /// The rung that it is on its way to now.
    package var running: Int?
    /// Times its worker died on the way to the present rung.
    package var attempts = 0
    /// The rows it learns from, where they are not the experiment's (`replay_share`).
    package var snapshot: SnapshotID?
    /// What the curves say: that it overfits, by how much.
    package var note: String?
    /// The adapter, once it was trained to the end.
    package var adapter: AdapterReference?
    package var training: TrainingResult?
    /// Why it ended early: diverged, failed.
    package var fault: String?

    package init(number: Int, values: [String: JSONValue]) {
        self.number = number
        self.values = values
        losses = []
        curve = []
        trainLosses = []
        tokens = 0
        seconds = 0
    }
}

/// The step that a trial is at.
package struct LiveTrial: Codable, Hashable, Sendable {
    package var trial: Int
    package var rung: Int
    package var step: StepReport?
    package var validation: ValidationReport?
    package var stage: String?
    package init(trial: Int, rung: Int) {
        self.trial = trial
        self.rung = rung
    }
}
