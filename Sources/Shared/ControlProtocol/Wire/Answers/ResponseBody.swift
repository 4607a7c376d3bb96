import Nouns
import WorkerProtocol

/// What is asked by OpenAI's newer route; nothing of it is kept.
package struct ResponseBody: WireBody {
    package var model: String
    /// The instructions as the system's message, and the input.
    package var messages: [Message]
    package var instructions: String?
    package var drawing: ServingDrawing
    package var streams: Bool
    /// What the answer has to be, as it was said.
    package var format: JSONValue
    package var metadata: [String: String]

    package init(_ body: WireObject) throws {
        model = try body.requiredText("model")
        messages = []
        switch try body.requiredAny("input", as: .oneOf([.text, .list])) {
        case .string(let text): messages = [Message(role: "user", content: text)]
        case .array(let list): messages = try WireItems.read(list, at: body.place("input"))
        case let other: throw WireFault.type(body.place("input"), other, wanted: "a text or a list of messages")
        }
        instructions = try body.text("instructions")
        if let instructions { messages.insert(Message(role: "system", content: instructions), at: 0) }
        drawing = ServingDrawing(
            maxNewTokens: try body.whole("max_output_tokens", 1...WireDrawing.mostTokens),
            temperature: try body.number("temperature", 0...2) ?? 1, topP: try body.number("top_p", 0...1))
        let include = try body.list("include") ?? []
        let top = try body.whole("top_logprobs", 0...20)
        drawing.logprobs = top ?? (include.contains("message.output_text.logprobs") ? 0 : nil)
        let text = try body.object("text")
        drawing.format = try text.flatMap { try WireTools.format($0, "format") }
        format = text?["format"] ?? ["type": "text"]
        streams = try body.truth("stream") ?? false
        metadata = try WireMetadata.read(body)
        try Self.refuse(body)
        guard !messages.isEmpty else { throw WireFault.empty("input") }
    }

    /// Nothing is kept, and so nothing can be gone on with.
    private static func refuse(_ body: WireObject) throws {
        try WireDrawing.refuse(
            ["previous_response_id", "conversation"], body, "Send the whole conversation as 'input': nothing is kept.")
        if try body.truth("background") == true {
            throw WireFault.unsupported("background", "Leave it out: nothing is kept to be fetched later.")
        }
        try WireDrawing.refuse(["tools"], body, "Leave it out, or call tools by /v1/chat/completions.")
        try WireDrawing.refuse(["prompt", "moderation", "context_management"], body, "Leave it out.")
        if let truncation = try body.text("truncation"), truncation != "disabled" {
            throw WireFault.value("truncation", truncation, allowed: ["disabled"])
        }
    }
}
