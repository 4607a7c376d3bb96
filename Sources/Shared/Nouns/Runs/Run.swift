import Foundation

/// One attempt to make a better model of a pipeline's data: trained, judged, and promoted or not.
package struct Run: Codable, Hashable, Sendable {
    /// What asked for the run.
    package enum Purpose: String, Codable, Hashable, Sendable {
        /// New data arrived, or a person asked.
        case update
        /// A trial of an experiment; judged on validation only.
        case trial
        /// The next step after a rejected run (`iterate = "auto"`).
        case iteration
        /// The winner of an experiment, trained as a trial and judged on the gate once.
        case experiment
    }

    /// Where training starts from; never confused with resuming an interrupted run.
    package enum Mode: String, Codable, Hashable, Sendable, CaseIterable {
        /// New rows (with replay), starting from the served adapter.
        case continued = "continue"
        /// A new adapter on the merged served model.
        case stack
        /// All rows of the window, starting from the base.
        case fromBase = "from-base"
    }

    package var id: RunID
    package var pipeline: PipelineName
    package var purpose: Purpose
    package var mode: Mode
    package var state: RunState
    /// Why it is in this state, where a person would ask: the failure, the verdict in a sentence, who cancelled.
    package var cause: Failure?
    package var base: BaseID
    package var snapshot: SnapshotID
    /// The drops that made this run necessary.
    package var drops: [DropID]
    /// The version training starts from (nil: the base).
    package var parent: VersionID?
    package var recipe: Recipe
    /// When its training has nothing left to gain (nil: all epochs are trained, because somebody named their number).
    package var enough: EnoughRule?
    /// What is being judged, once trained.
    package var adapter: AdapterReference?
    package var training: TrainingResult?
    /// What it is judged by, by model.
    package var scores: [ModelRole: ModelScores]?
    /// What evaluators' programs said, by model, then by the evaluator's name.
    package var evaluators: [ModelRole: [String: EvaluatorOutcome]]?
    /// What the simplest alternatives made of the gate rows, where rows have classes.
    package var yardstick: YardstickRecord?
    /// The candidate as it would be delivered, written before it is judged.
    package var artefacts: [Artefact]?
    package var verdict: Verdict?
    /// The version it became when promoted or accepted.
    package var version: VersionID?
    /// The engine that trains it (nil: the daemon's own worker).
    package var engine: EngineName?
    /// Larger runs first; manual 100, new data 50, iteration 30, trial 10.
    package var priority: Int
    /// The work that is done on it now, where a launcher has taken some.
    package var work: WorkHandle?
    /// Workers that were started for the present stage, without those that left for a reason that was not theirs.
    package var attempts: Int
    package var createdAt: Date
    package var startedAt: Date?
    package var finishedAt: Date?
    package var requestedBy: String
    /// The range test that gave the learning rate, where the recipe names none: its curve and its reason.
    package var range: RangeTestResult?
    /// Where values of the recipe come from that nobody wrote down, by key: `learning_rate`, `epochs`, …
    package var notes: [String: String]?
    /// The run that led to this one (`iterate = "auto"`), and what this one tries.
    package var origin: RunID?
    package var step: String?
    /// What came of its not being promoted: the run that tries on, or what is needed.
    package var followUp: String?
    /// The experiment whose winner it is.
    package var experiment: ExperimentID?
    /// The run that the gates could not decide on, whose model it has judged again on more rows, without training.
    package var judgesAgain: RunID?
    /// The job whose run it is.
    package var job: JobID?
    /// Where its model comes from, where another daemon has trained it.
    package var foreign: ForeignOrigin?
    /// What a learning rate that is still to be found is multiplied by.
    package var rateMultiplier: Double?
    /// Digest of the settings that it is trained, judged and promoted by, as they were when it was queued.
    package var settings: String?
    /// The step of the newest checkpoint, as far as workers that ended have told of one.
    package var checkpoint: Int?
    /// Times in a row that it was held up by something that passes.
    package var holds: Int?
    /// Who paused it; nothing is done for it until somebody resumes it.
    package var paused: String?
    /// Whether it was queued again after it had used up its attempts by the machine's doing.
    package var queuedAgain: Bool?

    package init(
        id: RunID, pipeline: PipelineName, purpose: Purpose = .update, mode: Mode, state: RunState = .queued,
        base: BaseID, snapshot: SnapshotID, drops: [DropID], parent: VersionID? = nil, recipe: Recipe,
        priority: Int = 50, createdAt: Date, requestedBy: String
    ) {
        self.id = id
        self.pipeline = pipeline
        self.purpose = purpose
        self.mode = mode
        self.state = state
        self.base = base
        self.snapshot = snapshot
        self.drops = drops
        self.parent = parent
        self.recipe = recipe
        self.priority = priority
        attempts = 0
        self.createdAt = createdAt
        self.requestedBy = requestedBy
    }
}
