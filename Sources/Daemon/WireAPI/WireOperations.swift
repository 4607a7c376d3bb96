import Serving
import StageKit

/// What OpenAI's clients can ask of the daemon, by noun; the routes' handlers call these and hold no rule themselves.
package struct WireOperations: Sendable {
    package let models: WireModels

    package init(_ context: StageContext, serving: any ServingPath) {
        models = WireModels(context: context, serving: serving)
    }
}
