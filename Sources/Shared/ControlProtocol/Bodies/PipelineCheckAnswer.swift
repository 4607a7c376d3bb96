import Nouns

/// What is found when a pipeline's file is read without putting it into force.
package struct PipelineCheckAnswer: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    package var file: String
    /// What keeps it from working, or makes a gate fail whatever the model.
    package var problems: [Failure]
    /// What will work, and perhaps not as meant.
    package var warnings: [Failure]
    /// What it would do, in sentences.
    package var facts: [String]
    package init(
        pipeline: PipelineName, file: String, problems: [Failure] = [], warnings: [Failure] = [], facts: [String] = []
    ) {
        self.pipeline = pipeline
        self.file = file
        self.problems = problems
        self.warnings = warnings
        self.facts = facts
    }
}
