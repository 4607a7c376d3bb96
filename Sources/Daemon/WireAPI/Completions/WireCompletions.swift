import ControlProtocol
import Nouns
import Serving
import StageKit
import WorkerProtocol

/// Lets texts go on, and scores them, in OpenAI's words.
package struct WireCompletions: Sendable {
    let context: StageContext
    let serving: any ServingPath

    /// Prompts of one request that are asked at a time.
    private static let atOnce = 8

    private static let places = WirePlaces([
        ("question.text", "prompt"), ("question.tokens", "prompt"), ("question", "prompt"),
        ("drawing.bias", "logit_bias"),
    ])

    /// Answers, whole or as a stream. Throws a Failure before the first byte, by the names of the request's fields.
    package func create(_ body: CompletionBody, who: Principal) async throws -> WireAnswer<TextCompletion> {
        let target = try ServingNames(context, Sight(context.ledger, who)).target(body.model)
        let head = AnswerHead("cmpl-", target)
        let requests = body.prompts.map { prompt in
            ServingRequest(target: target, question: Self.question(prompt), drawing: body.drawing, caller: who.owner)
        }
        guard !body.streams else {
            let events = serving.events(requests, atOnce: requests.count)
            return .stream(try await AnswerStream.begin(events, CompletionWriter(body, head), Self.places))
        }
        var assembly = CompletionAssembly(body)
        try await Self.places.naming {
            for try await event in serving.events(requests, atOnce: Self.atOnce) { _ = assembly.take(event) }
        }
        // Whoever leaves ends the events early: that is no answer.
        try Task.checkCancellation()
        return .whole(
            TextCompletion(
                id: head.id, created: head.created, model: head.model, fingerprint: head.fingerprint,
                choices: assembly.choices, usage: OrNull(wrappedValue: assembly.usage)))
    }

    private static func question(_ prompt: CompletionBody.Prompt) -> ServingQuestion {
        switch prompt {
        case .text(let text): ServingQuestion(text: text)
        case .tokens(let ids): ServingQuestion(tokens: ids)
        }
    }
}
