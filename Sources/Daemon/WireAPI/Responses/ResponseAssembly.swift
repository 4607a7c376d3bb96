import ControlProtocol
import StageKit
import WorkerProtocol

/// A whole answer of the newer route, put together from what the worker says of it. Pure.
struct ResponseAssembly: Sendable {
    private let begun: ResponseObject
    private let message = RandomName.new("msg_")
    private let tellsTokens: Bool
    private(set) var text = ""
    private(set) var tokens: [ChatToken] = []
    private var prompt = (tokens: 0, cached: 0)
    private var drawn = 0
    private var isCut = false

    init(_ body: ResponseBody, _ head: AnswerHead) {
        begun = ResponseObject(id: head.id, created: head.created, model: head.model, body)
        tellsTokens = body.drawing.logprobs != nil
    }

    /// Takes an event; returns the tokens that it tells of.
    @discardableResult
    mutating func take(_ event: ServingEvent) -> [ChatToken] {
        if let began = event.began { prompt = (began.promptTokens, began.cachedTokens) }
        text += event.text ?? ""
        let told = event.event == .text ? (event.tokens ?? []).map(ChatToken.init) : []
        tokens += told
        if let ended = event.ended {
            drawn = ended.tokens
            isCut = ended.finish == "length"
        }
        return told
    }

    /// The answer as it begins.
    var beginning: ResponseObject { begun }
    var item: String { message }
    /// What was said so far.
    var part: ResponseText { ResponseText(text, logprobs: tellsTokens ? tokens : nil) }
    var isComplete: Bool { !isCut }

    /// The message once it has ended.
    var whole: ResponseMessage {
        ResponseMessage(id: message, status: isCut ? "incomplete" : "completed", content: [part])
    }

    /// The answer once it has ended.
    var response: ResponseObject {
        begun.ended(
            whole, ResponseUsage(input: prompt.tokens, cached: prompt.cached, output: drawn), isCut: isCut)
    }
}
