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
    package enum Adoption: String, Codable, Hashable, Sendable, CaseIterable { case never, onPromotion = "on_promotion" }

    package var strategy: Strategy = .halving
    package var search: [SearchDimension] = [SearchDimension(name: "learning_rate", kind: .logUniform(1e-5, 1e-2))]
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
    package init() {}
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
    /// Optimizer steps of a whole trial.
    package var steps: Int
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

    package init(
        id: ExperimentID, pipeline: PipelineName, settings: ExperimentSettings, snapshot: SnapshotID, base: BaseID, recipe: Recipe, steps: Int,
        createdAt: Date, requestedBy: String
    ) {
        self.id = id
        self.pipeline = pipeline
        state = .running
        self.settings = settings
        self.snapshot = snapshot
        self.base = base
        self.recipe = recipe
        self.steps = steps
        trials = []
        self.createdAt = createdAt
        self.requestedBy = requestedBy
    }

    package var tokens: Int { trials.reduce(0) { $0 + $1.tokens } }
    package var seconds: Double { trials.reduce(0) { $0 + $1.seconds } }

    /// Steps after which rung `rung` is measured; the last rung is the whole trial.
    package func steps(rung: Int) -> Int {
        var share = steps
        for _ in 0..<max(0, rungs - 1 - rung) { share /= max(2, settings.eta) }
        return max(1, share)
    }

    /// Rungs of every trial: one where nothing is halved.
    package var rungs: Int { settings.strategy == .halving ? max(1, settings.rungs) : 1 }

    package func recipe(of trial: Trial) -> Recipe { recipe.setting(trial.values) }
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
    /// The rung that it is on its way to now.
    package var running: Int?
    /// Why it ended early: diverged, failed.
    package var fault: String?

    package init(number: Int, values: [String: JSONValue]) {
        self.number = number
        self.values = values
        losses = []
        curve = []
        tokens = 0
        seconds = 0
    }
}
