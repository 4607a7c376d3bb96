import Nouns

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
