import Nouns

/// What a model is asked about rows, apart from the rows themselves.
package struct EvaluationQuestions: Codable, Hashable, Sendable {
    /// The classes to choose among by likelihood (nil: no likeliest-label scoring).
    package var labels: [String]?
    /// Greedy answers of up to this many new tokens, as in ``EvaluateTask/maxNewTokens``.
    package var maxNewTokens: Int?
    package init(labels: [String]? = nil, maxNewTokens: Int? = nil) {
        self.labels = labels
        self.maxNewTokens = maxNewTokens
    }
}

/// Makes of an engine's losses and answers in tokens what ``EvaluateTask`` makes of the worker's own: the same records,
/// figures and inspection. Result ``WorkerResult/evaluations``.
package struct RecordsTask: Codable, Hashable, Sendable {
    /// What the engine was asked, with the model that it was asked of.
    package var evaluate: EvaluateTask
    /// What it gave of each set, as the task `score` writes it.
    package var scores: [SetName: FileReference]
    /// What it answered of each set that has questions, as the task `generate` writes it.
    package var answers: [SetName: FileReference]
    package init(
        evaluate: EvaluateTask, scores: [SetName: FileReference], answers: [SetName: FileReference]
    ) {
        self.evaluate = evaluate
        self.scores = scores
        self.answers = answers
    }
}
