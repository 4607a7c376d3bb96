import Nouns

/// A whole answer of OpenAI's newer route, as its clients read it.
package struct ResponseObject: Codable, Hashable, Sendable, Identifiable {
    /// Why an answer is not complete.
    package struct Incomplete: Codable, Hashable, Sendable {
        package var reason: String
    }

    /// What the answer had to be.
    package struct Text: Codable, Hashable, Sendable {
        package var format: JSONValue
    }

    package var id: String
    package var object = "response"
    /// Seconds since 1970.
    package var created_at: Int
    /// `in_progress`, `completed` or `incomplete`.
    package var status: String
    @OrNull package var error: String?
    @OrNull package var incomplete_details: Incomplete?
    @OrNull package var instructions: String?
    @OrNull package var max_output_tokens: Int?
    package var metadata: [String: String]
    /// The version that answered.
    package var model: String
    package var output: [ResponseMessage]
    package var parallel_tool_calls = true
    @OrNull package var previous_response_id: String?
    package var temperature: Double
    package var text: Text
    package var tool_choice = "auto"
    package var tools: [JSONValue] = []
    package var top_p: Double
    package var truncation = "disabled"
    /// Null until the answer has ended.
    @OrNull package var usage: ResponseUsage?

    /// An answer that has just begun.
    package init(id: String, created: Int, model: String, _ body: ResponseBody) {
        self.id = id
        created_at = created
        status = "in_progress"
        metadata = body.metadata
        self.model = model
        output = []
        temperature = body.drawing.temperature ?? 1
        text = Text(format: body.format)
        top_p = body.drawing.topP ?? 1
        error = nil
        incomplete_details = nil
        instructions = body.instructions
        max_output_tokens = body.drawing.maxNewTokens
        previous_response_id = nil
        usage = nil
    }

    /// The same once it has ended.
    ///
    /// - Parameter isCut: whether it ended because it may not be longer.
    package func ended(_ message: ResponseMessage, _ usage: ResponseUsage, isCut: Bool) -> ResponseObject {
        var whole = self
        whole.status = message.status
        whole.incomplete_details = isCut ? Incomplete(reason: "max_output_tokens") : nil
        whole.output = [message]
        whole.usage = usage
        return whole
    }
}

/// What the assistant said.
package struct ResponseMessage: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var type = "message"
    package var role = "assistant"
    package var status: String
    package var content: [ResponseText]

    package init(id: String, status: String, content: [ResponseText]) {
        self.id = id
        self.status = status
        self.content = content
    }
}

/// A part of what the assistant said.
package struct ResponseText: Codable, Hashable, Sendable {
    package var type = "output_text"
    package var text: String
    package var annotations: [JSONValue] = []
    /// Left out unless it is asked for.
    package var logprobs: [ChatToken]?

    package init(_ text: String, logprobs: [ChatToken]?) {
        self.text = text
        self.logprobs = logprobs
    }
}
