import ControlProtocol
import Feedback
import Nouns
import Serving
import StageKit
import WorkerProtocol

/// Answers conversations in OpenAI's words.
package struct WireChat: Sendable {
    let context: StageContext
    let serving: any ServingPath
    /// Where completions are kept.
    let kept: CompletionStore

    /// Answers, whole or as a stream.
    ///
    /// Throws a Failure before the first byte: what is wrong with the request by the names of its fields, an unknown
    /// model, and why nobody can answer now.
    package func create(_ body: ChatBody, who: Principal) async throws -> WireAnswer<ChatCompletion> {
        let target = try ServingNames(context, Sight(context.ledger, who)).target(body.model)
        let head = AnswerHead("chatcmpl-", target)
        let events = try serving.events(
            ServingRequest(
                target: target,
                question: ServingQuestion(messages: body.messages, tools: body.tools.map { .string($0) }),
                drawing: body.drawing, caller: who.owner))
        let answered: @Sendable (ChatCompletion) async throws -> Void = { completion in
            try await self.answered(AnsweredChat(body: body, completion: completion, target: target, who: who))
        }
        guard !body.streams else {
            return .stream(try await AnswerStream.begin(events, ChatWriter(body, head, answered: answered), .chat))
        }
        var assembly = ChatAssembly(body)
        try await WirePlaces.chat.naming { for try await event in events { assembly.take(event) } }
        // Whoever leaves ends the events early: that is no answer.
        try Task.checkCancellation()
        let completion = assembly.completion(head)
        try await answered(completion)
        return .whole(completion)
    }

    /// A conversation was answered whole: what is kept of it is kept here, before its end is told.
    ///
    /// An answer that cannot be kept is an answer all the same.
    private func answered(_ chat: AnsweredChat) async throws {
        do {
            if let stored = try chat.stored(context) { try kept.keep(stored, wanted: chat.body.stores) }
            context.problems.set("feedback:keeping", nil)
        } catch {
            let failure = StageContext.failure(error, code: "feedback.keeping")
            if context.problems.set("feedback:keeping", failure) {
                context.logger.error("\(failure)", metadata: ["event": "stage.failed", "stage": "feedback"])
            }
        }
        context.logger.debug(
            "\(chat.target.name) answered \(chat.completion.id) of \(chat.who.name)",
            metadata: ["tokens": "\(chat.completion.usage.total_tokens)"])
    }
}
