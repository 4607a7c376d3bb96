import Nouns

extension ControlRoute {
    /// GET `?pipeline=` → [``Experiment``], newest first.
    package static let experiments = "/v1/experiments"
    /// GET → ``Experiment``.
    package static func experiment(_ id: String) -> String { "/v1/experiments/\(id)" }
    /// POST → ``Experiment``: no further trials; what runs is stopped at its next step.
    package static func experimentStop(_ id: String) -> String { "/v1/experiments/\(id)/stop" }
    /// POST ``StartExperiment`` → ``Experiment``.
    package static func pipelineExperiments(_ name: String) -> String { "/v1/pipelines/\(name)/experiments" }
    /// POST ``RecommendRequest`` → [``BaseRecommendation``], the best first.
    package static func recommendBase(_ name: String) -> String { "/v1/pipelines/\(name)/recommend" }
    /// POST ``RecommendDataRequest`` → [``BaseRecommendation``], the best first.
    package static let recommendData = "/v1/recommend"
}

/// Asks which registered base suits the rows of an uploaded file.
package struct RecommendDataRequest: Codable, Hashable, Sendable {
    package var upload: String
    package var file: String
    /// Rows that each base scores.
    package var rows: Int
    package init(upload: String, file: String, rows: Int = 48) {
        self.upload = upload
        self.file = file
        self.rows = rows
    }
}

/// Asks for an experiment; what is nil comes from the pipeline's `[experiment]`.
package struct StartExperiment: Codable, Hashable, Sendable {
    package var strategy: ExperimentSettings.Strategy?
    package var trials: Int?
    package var minutes: Double?
    package var tokens: Int?
    package init(
        strategy: ExperimentSettings.Strategy? = nil, trials: Int? = nil, minutes: Double? = nil, tokens: Int? = nil
    ) {
        self.strategy = strategy
        self.trials = trials
        self.minutes = minutes
        self.tokens = tokens
    }
}

/// Asks which registered base suits a pipeline's data.
package struct RecommendRequest: Codable, Hashable, Sendable {
    /// Rows that each base scores.
    package var rows: Int
    package init(rows: Int = 48) { self.rows = rows }
}
