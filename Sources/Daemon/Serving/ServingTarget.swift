import Nouns

/// A model that somebody asks.
package struct ServingTarget: Hashable, Sendable {
    package var model: ModelReference
    /// Nil: the base alone, or what a run trained that became no version.
    package var version: VersionID?
    /// The pipeline that was named; nil where the version or the base was.
    package var pipeline: PipelineName?
    /// The run whose model it is, where that became no version.
    package var run: RunID?
    /// What OpenAI's clients know it by: always the version, never the pipeline that serves it now.
    package var name: String
    /// The folder of the checkpoint that was named.
    package var checkpoint: String?

    /// - Parameter name: nil for a base, which has its own.
    package init(
        model: ModelReference, version: VersionID? = nil, pipeline: PipelineName? = nil, run: RunID? = nil,
        name: String? = nil
    ) {
        self.model = model
        self.version = version
        self.pipeline = pipeline
        self.run = run
        self.name = name ?? model.base.rawValue
    }
}
