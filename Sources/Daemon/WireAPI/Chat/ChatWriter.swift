import ControlProtocol
import WorkerProtocol

/// Writes the answer to a conversation as a stream: first each choice's role in the order of the choices (clients keep
/// choices in the order in which they come), then what is said, each choice's end once, what it took, and the end.
struct ChatWriter: AnswerWriter {
    private let head: AnswerHead
    private let choices: Int
    private let tellsUsage: Bool
    private var assembly: ChatAssembly
    private(set) var hasBegun = false
    private let answered: @Sendable (ChatCompletion) async throws -> Void

    /// - Parameter answered: called with the whole answer before the stream ends.
    init(_ body: ChatBody, _ head: AnswerHead, answered: @escaping @Sendable (ChatCompletion) async throws -> Void) {
        self.head = head
        self.answered = answered
        choices = body.drawing.choices ?? 1
        tellsUsage = body.tellsUsage
        assembly = ChatAssembly(body)
    }

    mutating func take(_ event: ServingEvent) throws -> [ServerEvent] {
        let call = assembly.take(event)
        switch event.event {
        case .began:
            hasBegun = true
            return try (0..<choices).map { try piece($0, ChatChunk.Delta(role: "assistant", content: "")) }
        case .text:
            return [
                try piece(event.choice ?? 0, ChatChunk.Delta(content: event.text ?? ""), tokens: event.tokens)
            ]
        case .call: return [try piece(event.choice ?? 0, ChatChunk.Delta(calls: call.map { [$0] }))]
        case .ended: return [try piece(event.choice ?? 0, ChatChunk.Delta(), finish: event.ended?.finish)]
        case .prompt, .scored, .done, .failed, .state: return []
        }
    }

    func finish() async throws -> [ServerEvent] {
        try await answered(assembly.completion(head))
        let usage = tellsUsage ? [try event([], usage: assembly.usage)] : []
        return usage + [.done]
    }

    private func piece(
        _ index: Int, _ delta: ChatChunk.Delta, tokens: [ServingToken]? = nil, finish: String? = nil
    ) throws -> ServerEvent {
        try event([
            ChatChunk.Choice(index: index, delta: delta, logprobs: tokens.map { ChatLogprobs($0) }, finish: finish)
        ])
    }

    private func event(_ choices: [ChatChunk.Choice], usage: WireUsage? = nil) throws -> ServerEvent {
        try ServerEvent(
            ChatChunk(
                id: head.id, created: head.created, model: head.model, fingerprint: head.fingerprint, choices: choices,
                usage: tellsUsage ? OrNull(wrappedValue: usage) : nil))
    }
}
