import ControlProtocol
import Serving
import WorkerProtocol

/// Writes texts that go on as a stream: pieces of the form of the whole.
struct CompletionWriter: AnswerWriter {
    private let head: AnswerHead
    private let tellsUsage: Bool
    private var assembly: CompletionAssembly

    init(_ body: CompletionBody, _ head: AnswerHead) {
        self.head = head
        tellsUsage = body.tellsUsage
        assembly = CompletionAssembly(body)
    }

    var hasBegun: Bool { assembly.hasBegun }

    mutating func take(_ event: NumberedEvent) throws -> [ServerEvent] {
        try assembly.take(event).map { try self.event([$0]) }
    }

    func finish() async throws -> [ServerEvent] {
        (tellsUsage ? [try event([], usage: assembly.usage)] : []) + [.done]
    }

    private func event(_ choices: [TextChoice], usage: WireUsage? = nil) throws -> ServerEvent {
        try ServerEvent(
            TextCompletion(
                id: head.id, created: head.created, model: head.model, fingerprint: head.fingerprint, choices: choices,
                usage: tellsUsage ? OrNull(wrappedValue: usage) : nil))
    }
}
