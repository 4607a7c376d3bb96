/// How texts go on, as OpenAI's clients read it; a piece of a stream has the same form.
package struct TextCompletion: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var object = "text_completion"
    /// Seconds since 1970.
    package var created: Int
    /// The version that answered.
    package var model: String
    package var system_fingerprint: String
    package var choices: [TextChoice]
    /// In a stream: left out unless it is asked for, and then null in all pieces but the last.
    package var usage: OrNull<WireUsage>?

    package init(
        id: String, created: Int, model: String, fingerprint: String, choices: [TextChoice], usage: OrNull<WireUsage>?
    ) {
        self.id = id
        self.created = created
        self.model = model
        system_fingerprint = fingerprint
        self.choices = choices
        self.usage = usage
    }
}

/// One of the texts that were drawn.
package struct TextChoice: Codable, Hashable, Sendable {
    package var text: String
    /// Counts through the answers of all prompts.
    package var index: Int
    @OrNull package var logprobs: TextLogprobs?
    /// `stop` or `length`; null in a stream until the last piece.
    @OrNull package var finish_reason: String?

    package init(_ text: String, index: Int, logprobs: TextLogprobs? = nil, finish: String? = nil) {
        self.text = text
        self.index = index
        self.logprobs = logprobs
        finish_reason = finish
    }
}
