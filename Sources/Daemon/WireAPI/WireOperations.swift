import Feedback
import Serving
import StageKit
import Supervision

/// What OpenAI's clients can ask of the daemon, by noun; the routes' handlers call these and hold no rule themselves.
package struct WireOperations: Sendable {
    package let models: WireModels
    package let chat: WireChat
    package let completions: WireCompletions
    package let decisions: WireDecisions
    package let responses: WireResponses
    package let graders = WireGraders()
    package let jobs: WireJobs

    /// - Parameter kept: where completions are kept.
    package init(
        _ context: StageContext, serving: any ServingPath, supervision: SupervisionService, files: JobFiles,
        kept: CompletionStore
    ) {
        models = WireModels(context: context, serving: serving)
        chat = WireChat(context: context, serving: serving, kept: kept)
        completions = WireCompletions(context: context, serving: serving)
        decisions = WireDecisions(context: context, serving: serving)
        responses = WireResponses(context: context, serving: serving)
        jobs = WireJobs(context: context, supervision: supervision, files: files)
    }
}
