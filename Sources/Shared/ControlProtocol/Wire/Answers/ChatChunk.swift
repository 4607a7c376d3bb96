/// A piece of a streamed answer to a conversation, as OpenAI's clients read it.
package struct ChatChunk: Codable, Hashable, Sendable {
    package var id: String
    package var object = "chat.completion.chunk"
    package var created: Int
    package var model: String
    package var system_fingerprint: String
    package var choices: [Choice]
    /// Where it is asked for: null in all pieces but the last, which has no choices. Left out otherwise.
    package var usage: OrNull<WireUsage>?

    package init(
        id: String, created: Int, model: String, fingerprint: String, choices: [Choice], usage: OrNull<WireUsage>?
    ) {
        self.id = id
        self.created = created
        self.model = model
        system_fingerprint = fingerprint
        self.choices = choices
        self.usage = usage
    }

    /// What a piece adds to one of the answers.
    package struct Choice: Codable, Hashable, Sendable {
        package var index: Int
        package var delta: Delta
        @OrNull package var logprobs: ChatLogprobs?
        @OrNull package var finish_reason: String?

        package init(index: Int, delta: Delta, logprobs: ChatLogprobs? = nil, finish: String? = nil) {
            self.index = index
            self.delta = delta
            self.logprobs = logprobs
            finish_reason = finish
        }
    }

    package struct Delta: Codable, Hashable, Sendable {
        package var role: String?
        package var content: String?
        package var tool_calls: [ChatToolCall]?

        package init(role: String? = nil, content: String? = nil, calls: [ChatToolCall]? = nil) {
            self.role = role
            self.content = content
            tool_calls = calls
        }
    }
}
