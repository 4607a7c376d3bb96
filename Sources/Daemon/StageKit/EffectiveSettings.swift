import Ledger
import Nouns
import Settings

extension StageContext {
    /// A pipeline's settings with what its experiments found: the base that won where `base = "auto"`, and an adopted
    /// recipe.
    ///
    /// Whoever changes the recipe in the file has the last word: a suggestion made for another recipe is void.
    package func effective(_ pipeline: PipelineSettings) throws -> (settings: PipelineSettings, notes: [String: String])
    {
        guard let suggestion = try ledger.suggestion(pipeline.name), suggestion.configuredBase == pipeline.base else {
            return (pipeline, [:])
        }
        var settings = pipeline
        var notes: [String: String] = [:]
        if pipeline.base == .automatic {
            settings.base = suggestion.base
            notes["base"] = "the winner of \(suggestion.experiment)"
        }
        guard suggestion.adopted, suggestion.recipe == pipeline.recipe else { return (settings, notes) }
        if settings.base != suggestion.base {
            settings.base = suggestion.base
            notes["base"] = "adopted from \(suggestion.experiment)"
        }
        settings.recipe = settings.recipe.setting(suggestion.values)
        for name in suggestion.values.keys where Recipe.searchable[name] != nil {
            notes[name] = "adopted from \(suggestion.experiment)"
        }
        if suggestion.values["epochs"] != nil { settings.automaticEpochs = false }
        if let share = suggestion.values["replay_share"]?.doubleValue { settings.incremental.replayShare = share }
        return (settings, notes)
    }
}
