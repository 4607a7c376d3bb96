import Nouns

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
