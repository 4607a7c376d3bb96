/// What an experiment found for a pipeline: values to put in place of the recipe's own.
package struct Suggestion: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    package var experiment: ExperimentID
    package var base: BaseID
    /// Values of the recipe by the names of the settings; without `base`.
    package var values: [String: JSONValue]
    /// The recipe that was in the settings when the experiment began. Where the settings say something else by now, the
    /// suggestion is void.
    package var recipe: Recipe
    /// The base that was in the settings then; `auto` where the bases competed.
    package var configuredBase: BaseID
    /// Whether runs take it: its model was promoted, and `experiment.adopt` says so.
    package var adopted: Bool

    package init(
        pipeline: PipelineName, experiment: ExperimentID, base: BaseID, values: [String: JSONValue], recipe: Recipe,
        configuredBase: BaseID, adopted: Bool = false
    ) {
        self.pipeline = pipeline
        self.experiment = experiment
        self.base = base
        self.values = values
        self.recipe = recipe
        self.configuredBase = configuredBase
        self.adopted = adopted
    }
}

extension BaseID {
    /// `base = "auto"`: the registered bases compete.
    package static let automatic: BaseID = "auto"
}
