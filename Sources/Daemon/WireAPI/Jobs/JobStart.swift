import ControlProtocol
import Nouns
import Serving
import StageKit

/// Where a job begins: at a base, or at a version that it goes on from.
struct JobStart {
    let base: BaseID
    let parent: VersionID?
    /// The pipeline that the model is of; nil where a base was named.
    let pipeline: PipelineName?

    /// What the name of a model means to a job. Throws a Failure: `model.unknown`, `model.removed`, `model.ambiguous`,
    /// and `request.unsupported_value` for what is trained and was not promoted.
    init(_ model: String, _ context: StageContext, who: Principal) throws {
        let target = try ServingNames(context, Sight(context.ledger, who)).target(model)
        guard target.run == nil else {
            throw Failure(
                code: "request.unsupported_value",
                "'\(model)' was not promoted, so that no job goes on from it.", at: "model",
                remedy: "Name a base, a pipeline or a version that was served.")
        }
        base = target.model.base
        parent = target.version
        pipeline = try target.version.flatMap { try context.ledger.version($0) }?.pipeline ?? target.pipeline
    }
}
