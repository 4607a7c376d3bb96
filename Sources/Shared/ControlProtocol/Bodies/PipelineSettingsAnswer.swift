import Nouns

/// The settings of a pipeline that are in force.
package struct PipelineSettingsAnswer: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    /// The file that they come from.
    package var file: String
    /// All of them as TOML, every default written out; what an experiment's winner changed is said in comments.
    package var toml: String
    package init(pipeline: PipelineName, file: String, toml: String) {
        self.pipeline = pipeline
        self.file = file
        self.toml = toml
    }
}
