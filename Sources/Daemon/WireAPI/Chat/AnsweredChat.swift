import ControlProtocol
import Serving

/// A conversation that was answered whole, streamed or not: all that is known of it, in one place.
struct AnsweredChat: Sendable {
    let body: ChatBody
    let completion: ChatCompletion
    let target: ServingTarget
    /// Who asked.
    let who: Principal
}
