import Nouns
import Settings

extension StageContext {
    /// A configured pipeline, or a Failure (`pipeline.unknown`) that names the one that was probably meant.
    package func requirePipeline(_ name: PipelineName) throws -> PipelineSettings {
        guard let pipeline = settings.pipeline(name) else { throw unknownPipeline(name) }
        return pipeline
    }

    /// Refuses a pipeline that is neither configured nor known from former times, such as one in a question about runs.
    package func requireKnown(_ name: PipelineName?) throws {
        guard let name, settings.pipeline(name) == nil else { return }
        let isKnown =
            try !ledger.drops(pipeline: name, limit: 1).isEmpty || !ledger.runs(pipeline: name, limit: 1).isEmpty
            || !ledger.history(name, limit: 1).isEmpty
        if !isKnown { throw unknownPipeline(name) }
    }

    private func unknownPipeline(_ name: PipelineName) -> Failure {
        let known = settings.pipelines.map(\.name.rawValue)
        return Failure(
            code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: name.rawValue,
            remedy: NearestName.question(name.rawValue, among: known) ?? "See `ftctl pipelines`.")
    }
}
