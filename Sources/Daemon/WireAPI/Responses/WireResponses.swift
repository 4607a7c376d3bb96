import ControlProtocol
import Serving
import StageKit
import WorkerProtocol

/// Answers in the words of OpenAI's newer route; what is asked is what chat asks.
package struct WireResponses: Sendable {
    let context: StageContext
    let serving: any ServingPath

    private static let places = WirePlaces([
        ("question.messages", "input"), ("question", "input"), ("format.schema", "text.format.schema"),
        ("drawing.format", "text.format"),
    ])

    /// Answers, whole or as a stream. Throws a Failure before the first byte, by the names of the request's fields.
    package func create(_ body: ResponseBody, who: Principal) async throws -> WireAnswer<ResponseObject> {
        let target = try ServingNames(context, Sight(context.ledger, who)).target(body.model)
        let head = AnswerHead("resp_", target)
        let events = try serving.events(
            ServingRequest(
                target: target, question: ServingQuestion(messages: body.messages), drawing: body.drawing,
                caller: who.owner))
        guard !body.streams else {
            return .stream(try await AnswerStream.begin(events, ResponseWriter(body, head), Self.places))
        }
        var assembly = ResponseAssembly(body, head)
        try await Self.places.naming { for try await event in events { assembly.take(event) } }
        // Whoever leaves ends the events early: that is no answer.
        try Task.checkCancellation()
        return .whole(assembly.response)
    }
}
