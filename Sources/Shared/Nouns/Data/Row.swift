/// One training or evaluation example in canonical form; its identity is its content.
package struct Row: Codable, Hashable, Sendable {
    /// SHA-256 over the canonical content (first 32 hex digits); equal content from two drops is one row.
    package var id: RowID
    package var content: RowContent
    /// The side that the hash of the normalised prompt (or of the group) put this row on, for ever.
    package var split: Split
    /// The class, where the row is labelled classification or its completion is label-like.
    package var label: String?
    /// Key of the normalised prompt: 16 hex digits, equal for rows that ask the same thing.
    package var promptKey: String
    /// Further fields of the user's row, for slices, groups and weights.
    package var fields: [String: JSONValue]?
    /// The drop that first brought this row, and its 1-based line there.
    package var drop: DropID
    package var line: Int
    /// The file it was in, where the drop was a folder.
    package var file: String?

    package init(
        id: RowID, content: RowContent, split: Split, label: String? = nil, promptKey: String,
        fields: [String: JSONValue]? = nil, drop: DropID, line: Int, file: String? = nil
    ) {
        self.id = id
        self.content = content
        self.split = split
        self.label = label
        self.promptKey = promptKey
        self.fields = fields
        self.drop = drop
        self.line = line
        self.file = file
    }
}

/// What a row asks and what the model is to answer.
package enum RowContent: Hashable, Sendable {
    /// A conversation; the messages whose `trained` is true carry the loss. Tools are a list as JSON text, in the order
    /// and spelling in which they were given; in rows of before that was kept, a list.
    case chat(messages: [Message], tools: JSONValue?)
    /// A prompt and the wanted completion, rendered as one user and one assistant turn where the base has a chat
    /// template.
    case completion(prompt: String, completion: String)
    /// Plain text for continued pre-training: every token carries the loss.
    case text(String)
    /// A prompt with a preferred and a rejected answer.
    case preference(prompt: [Message], chosen: [Message], rejected: [Message])
}

extension RowContent {
    /// About how much memory the texts take, in bytes.
    package var textBytes: Int {
        func size(_ messages: [Message]) -> Int { messages.reduce(0) { $0 + $1.content.utf8.count + 64 } }
        return switch self {
        case .completion(let prompt, let completion): prompt.utf8.count + completion.utf8.count
        case .text(let text): text.utf8.count
        case .chat(let messages, _): size(messages)
        case .preference(let prompt, let chosen, let rejected): size(prompt) + size(chosen) + size(rejected)
        }
    }
}

extension Row {
    /// The tools that the conversation may call. A preference row keeps them among its fields.
    package var tools: JSONValue? {
        switch content {
        case .chat(_, let tools): tools
        case .preference: fields?["tools"]
        case .completion, .text: nil
        }
    }
}

/// One turn of a conversation.
package struct Message: Codable, Hashable, Sendable {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    package var role: String
    package var content: String
    package var name: String?
    /// The calls of an assistant's turn, in OpenAI's form: the arguments of each are JSON as a text, in the order and
    /// spelling in which they were given.
    package var toolCalls: JSONValue?
    package var toolCallID: String?
    /// What the assistant thinks before it answers, where the row keeps it apart from the answer.
    package var reasoning: String?
    /// Whether the loss counts this turn (nil: yes for assistant turns, no for others); OpenAI's `weight`.
    package var trained: Bool?

    package init(
        role: String, content: String, name: String? = nil, toolCalls: JSONValue? = nil, toolCallID: String? = nil,
        reasoning: String? = nil, trained: Bool? = nil
    ) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.reasoning = reasoning
        self.trained = trained
    }

    enum CodingKeys: String, CodingKey {
        case role, content, name, trained
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"
        case reasoning = "reasoning_content"
    }
}

extension Message {
    /// Keys under which people keep what the assistant thinks.
    package static let reasoningKeys = ["reasoning_content", "reasoning", "thinking", "thought"]
}

/// The three sides of a dataset: what is learnt, what chooses, and what judges.
package enum Split: String, Codable, Hashable, Sendable, CaseIterable, CodingKeyRepresentable {
    case train, validation, gate
}

extension RowContent: Codable {
    enum CodingKeys: String, CodingKey { case messages, tools, prompt, completion, text, chosen, rejected }

    package init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        if let messages = try box.decodeIfPresent([Message].self, forKey: .messages) {
            self = .chat(messages: messages, tools: try box.decodeIfPresent(JSONValue.self, forKey: .tools))
        } else if let text = try box.decodeIfPresent(String.self, forKey: .text) {
            self = .text(text)
        } else if box.contains(.chosen) {
            self = .preference(
                prompt: try box.decode([Message].self, forKey: .prompt),
                chosen: try box.decode([Message].self, forKey: .chosen),
                rejected: try box.decode([Message].self, forKey: .rejected))
        } else {
            self = .completion(
                prompt: try box.decode(String.self, forKey: .prompt),
                completion: try box.decode(String.self, forKey: .completion))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .chat(let messages, let tools):
            try box.encode(messages, forKey: .messages)
            try box.encodeIfPresent(tools, forKey: .tools)
        case .completion(let prompt, let completion):
            try box.encode(prompt, forKey: .prompt)
            try box.encode(completion, forKey: .completion)
        case .text(let text):
            try box.encode(text, forKey: .text)
        case .preference(let prompt, let chosen, let rejected):
            try box.encode(prompt, forKey: .prompt)
            try box.encode(chosen, forKey: .chosen)
            try box.encode(rejected, forKey: .rejected)
        }
    }
}
