import Nouns
import WorkerProtocol

/// What is asked in a conversation.
package struct ChatBody: WireBody {
    package var model: String
    package var messages: [Message]
    /// Tools that may be called, as JSON text in the order and spelling in which they were sent.
    package var tools: String?
    package var drawing: ServingDrawing
    package var streams: Bool
    /// Whether a stream ends with what it took.
    package var tellsUsage: Bool
    /// Whether the completion is to be kept; nil where that is not said.
    package var stores: Bool?
    /// The caller's own words about it.
    package var metadata: [String: String]

    package init(_ body: WireObject) throws {
        model = try body.requiredText("model")
        messages = try WireMessages.read(body.requiredList("messages"), at: body.place("messages"))
        drawing = try WireDrawing.read(body)
        let longest = try body.whole("max_completion_tokens", 1...WireDrawing.mostTokens)
        let formerly = try body.whole("max_tokens", 1...WireDrawing.mostTokens)
        drawing.maxNewTokens = longest ?? formerly
        let tellsTokens = try body.truth("logprobs") ?? false
        let top = try body.whole("top_logprobs", 0...20)
        drawing.logprobs = tellsTokens ? top ?? 0 : nil
        drawing.format = try WireTools.format(body, "response_format")
        tools = try WireTools.read(body, &drawing)
        (streams, tellsUsage) = try WireDrawing.stream(body)
        stores = try body.truth("store")
        metadata = try WireMetadata.read(body)
        // What depends on several members is looked at once each has been read.
        guard longest == nil || formerly == nil || longest == formerly else {
            throw WireFault.unsupported("max_tokens", "Give 'max_completion_tokens' alone.")
        }
        guard tellsTokens || top ?? 0 == 0 else {
            throw WireFault.unsupported("top_logprobs", "Set 'logprobs' to true, or leave it out.")
        }
        try WireDrawing.refuse(["functions", "function_call"], body, "Use 'tools' and 'tool_choice'.")
        try WireDrawing.refuse(
            ["audio", "web_search_options", "moderation"], body, "Leave it out: answers are text, of the model alone.")
        for (index, kind) in (try body.list("modalities") ?? []).enumerated() where kind != "text" {
            throw WireFault.value("modalities[\(index)]", kind.stringValue ?? "", allowed: ["text"])
        }
        guard !messages.isEmpty else { throw WireFault.empty("messages") }
    }
}
