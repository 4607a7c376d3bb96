import Nouns
import Settings

extension StageContext {
    /// A configured pipeline, or a Failure (`pipeline.unknown`) that names the one that was probably meant.
    package func requirePipeline(_ name: PipelineName) throws -> PipelineSettings {
        if let pipeline = settings.pipeline(name) { return pipeline }
        guard try isKnown(name) else { throw unknownPipeline(name) }
        guard !settings.now.faulty.contains(layout.pipelineFile(name)) else {
            throw Failure(
                code: "pipeline.unknown", "The file of the pipeline '\(name)' has a fault.", at: name.rawValue,
                remedy: "`ftctl pipeline check \(name)` says which.")
        }
        throw Failure(
            code: "pipeline.unknown", "The pipeline '\(name)' has no settings file any more.", at: name.rawValue,
            remedy: """
                Put the file back, or give what it left another name (`ftctl pipeline rename \(name) NEW`); \
                `ftctl version list \(name)` has its models.
                """)
    }

    /// Refuses a pipeline that is neither configured nor known from former times, such as one in a question about runs.
    package func requireKnown(_ name: PipelineName?) throws {
        guard let name, settings.pipeline(name) == nil else { return }
        if try !isKnown(name) { throw unknownPipeline(name) }
    }

    /// Whether there ever was something of a pipeline.
    private func isKnown(_ name: PipelineName) throws -> Bool {
        try !ledger.drops(pipeline: name, limit: 1).isEmpty || !ledger.runs(pipeline: name, limit: 1).isEmpty
            || !ledger.history(name, limit: 1).isEmpty
    }

    private func unknownPipeline(_ name: PipelineName) -> Failure {
        let known = settings.pipelines.map(\.name.rawValue)
        return Failure(
            code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: name.rawValue,
            remedy: NearestName.question(name.rawValue, among: known) ?? "See `ftctl pipelines`.")
    }
}
