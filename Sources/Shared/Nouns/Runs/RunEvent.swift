/// What can happen to a run, with what is recorded of it. ``RunLife`` says when it can, and what follows from it.
package enum RunEvent: Hashable, Sendable {
    /// It was queued; the text says how it learns, from how many rows, and why.
    case queued(String)
    /// It was queued because the given run was not promoted; the text says what it changes.
    case followed(RunID, String)
    /// It was queued as the winner of an experiment, trained already as a trial.
    case wonExperiment(ExperimentID, trial: Int)
    /// A version that another daemon trained was added, to be judged here.
    case added(VersionID, from: String)
    /// More gate rows came than the given run was judged on, which the gates could not decide on: its model is judged
    /// again, without training.
    case judgedAgain(RunID)
    /// A worker begins to train; `resumes` where it goes on from what an earlier one left.
    case workerStarted(resumes: Bool)
    /// The worker has trained it.
    case trained(TrainingResult)
    /// Workers begin to score it.
    case evaluationStarted
    /// Every model has been scored on everything that it is judged by.
    case evaluated(scores: [ModelRole: ModelScores], evaluators: [ModelRole: [String: EvaluatorOutcome]]?)
    /// Another model is served by now than the one it was compared with.
    case servedChanged
    /// The worker was asked to stop, and left a checkpoint.
    case interrupted
    /// A former daemon was at work on it, and the work did not outlive that daemon.
    case daemonLost
    /// The worker died or hung; another one is to go on.
    case workerLost(Failure)
    /// Something that passes keeps it from going on; it is tried again until it can.
    case held(Failure)
    /// Its workers have died as often as they may, by what may have passed: it gets its attempts once more.
    case queuedAgain(Failure)
    /// It cannot go on.
    case failed(Failure)
    /// Somebody wants it to wait: its worker writes a checkpoint and leaves.
    case paused(by: String)
    /// Somebody wants it to go on.
    case resumed(by: String)
    /// Somebody wants no more of it.
    case cancelled(by: String)
    /// The gates have judged it.
    ///
    /// - Parameter promotesItself: whether its pipeline serves what passes without being asked.
    case judged(Verdict, promotesItself: Bool)
    /// Its version is served.
    case promoted(VersionID?, PromotionRecord.Kind, who: String, reason: String)
    /// Its version was handed on; the text says how, such as `delivered: exported as peft`.
    case delivered(String)

    /// The event in a sentence that says that it cannot happen: "the run … cannot *be promoted*".
    package var phrase: String {
        switch self {
        case .queued, .followed, .wonExperiment, .added, .judgedAgain: "be queued"
        case .workerStarted: "start training"
        case .trained: "become trained"
        case .evaluationStarted: "start its evaluation"
        case .evaluated: "become evaluated"
        case .servedChanged: "be evaluated again"
        case .interrupted: "be interrupted"
        case .daemonLost: "be taken up after a restart"
        case .workerLost: "lose its worker"
        case .held: "be held up"
        case .queuedAgain: "be queued again"
        case .failed: "fail"
        case .paused: "be paused"
        case .resumed: "be resumed"
        case .cancelled: "be cancelled"
        case .judged: "be judged"
        case .promoted: "be promoted"
        case .delivered: "be delivered"
        }
    }
}
