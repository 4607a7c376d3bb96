/// A whole answer to a conversation, as OpenAI's clients read it.
package struct ChatCompletion: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var object = "chat.completion"
    /// Seconds since 1970.
    package var created: Int
    /// The version that answered.
    package var model: String
    package var system_fingerprint: String
    package var choices: [ChatChoice]
    package var usage: WireUsage

    package init(
        id: String, created: Int, model: String, fingerprint: String, choices: [ChatChoice], usage: WireUsage
    ) {
        self.id = id
        self.created = created
        self.model = model
        system_fingerprint = fingerprint
        self.choices = choices
        self.usage = usage
    }
}

/// One of the answers that were drawn.
package struct ChatChoice: Codable, Hashable, Sendable {
    package var index: Int
    package var message: ChatMessage
    /// `stop`, `length` or `tool_calls`.
    package var finish_reason: String
    @OrNull package var logprobs: ChatLogprobs?

    package init(index: Int, message: ChatMessage, finish: String, logprobs: ChatLogprobs?) {
        self.index = index
        self.message = message
        finish_reason = finish
        self.logprobs = logprobs
    }
}

/// What the assistant said.
package struct ChatMessage: Codable, Hashable, Sendable {
    package var role = "assistant"
    /// Null where it only called tools.
    @OrNull package var content: String?
    /// Always null: a model that refuses does so in its answer.
    @OrNull package var refusal: String?
    package var tool_calls: [ChatToolCall]?

    package init(content: String?, calls: [ChatToolCall]?) {
        tool_calls = calls
        self.content = content
        refusal = nil
    }
}

/// A call of a tool.
package struct ChatToolCall: Codable, Hashable, Sendable {
    package struct Function: Codable, Hashable, Sendable {
        package var name: String
        /// A JSON object as text, as the model wrote it.
        package var arguments: String
    }

    /// Which call of its answer it is, in streams alone.
    package var index: Int?
    package var id: String
    package var type = "function"
    package var function: Function

    package init(index: Int? = nil, id: String, name: String, arguments: String) {
        self.index = index
        self.id = id
        function = Function(name: name, arguments: arguments)
    }
}
