import ControlProtocol
import StageKit
import WorkerProtocol

/// A whole answer, put together from what the worker says of it. Pure.
struct ChatAssembly: Sendable {
    private struct Choice {
        var text = ""
        var calls: [ChatToolCall] = []
        var tokens: [ServingToken] = []
        var finish = ""
    }

    private var choices: [Choice]
    private var prompt = (tokens: 0, cached: 0)
    private var drawn = 0
    private let tellsTokens: Bool

    init(_ body: ChatBody) {
        choices = Array(repeating: Choice(), count: body.drawing.choices ?? 1)
        tellsTokens = body.drawing.logprobs != nil
    }

    var usage: WireUsage { WireUsage(prompt: prompt.tokens, cached: prompt.cached, completion: drawn) }

    /// Takes an event; returns the call that it tells of.
    @discardableResult
    mutating func take(_ event: ServingEvent) -> ChatToolCall? {
        if let began = event.began { prompt = (began.promptTokens, began.cachedTokens) }
        guard let index = event.choice, choices.indices.contains(index) else { return nil }
        choices[index].text += event.text ?? ""
        if event.event == .text { choices[index].tokens += event.tokens ?? [] }
        if let ended = event.ended {
            choices[index].finish = ended.finish
            drawn += ended.tokens
        }
        guard let told = event.call else { return nil }
        var call = ChatToolCall(id: RandomName.new("call_"), name: told.name, arguments: told.arguments)
        choices[index].calls.append(call)
        call.index = told.index
        return call
    }

    func completion(_ head: AnswerHead) -> ChatCompletion {
        ChatCompletion(
            id: head.id, created: head.created, model: head.model, fingerprint: head.fingerprint,
            choices: choices.enumerated().map { index, choice in
                ChatChoice(
                    index: index,
                    message: ChatMessage(
                        content: choice.text.isEmpty && !choice.calls.isEmpty ? nil : choice.text,
                        calls: choice.calls.isEmpty ? nil : choice.calls),
                    finish: choice.finish, logprobs: tellsTokens ? ChatLogprobs(choice.tokens) : nil)
            }, usage: usage)
    }
}
