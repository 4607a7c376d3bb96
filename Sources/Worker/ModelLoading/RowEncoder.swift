import ChatTemplates
import Encoding
import Nouns
import Tokenization
import Transformers

/// Turns canonical rows into tokens, and says what of a row is asked and what is the wanted answer.
package struct RowEncoder: Sendable {
    /// Templates that print today's date get this one (2025-01-01), so that a row has the same tokens whenever it is
    /// encoded.
    private static let now = 1_735_689_600

    package let encoder: ExampleEncoder
    private let context: Int

    package init(_ text: TokenizerFile, context: Int) {
        encoder = ExampleEncoder(tokenizer: text.tokenizer, template: text.template, now: Self.now)
        self.context = context
    }

    package var tokenizer: Tokenizer { encoder.tokenizer }

    /// The row's tokens and labels, cut to `maximumLength` or the model's context.
    package func example(_ content: RowContent, maximumLength: Int) throws -> EncodedExample {
        let length = min(max(2, maximumLength), context)
        switch content {
        case .completion(let prompt, let completion):
            return try encoder.encode(prompt: prompt, completion: completion, maximumLength: length)
        case .text(let text):
            return try encoder.encode(text: text, maximumLength: length)
        case .chat(let messages, let tools):
            return try encoder.encode(turns: try messages.map(turn), tools: try value(tools), maximumLength: length)
        case .preference(let prompt, let chosen, _):
            let turns =
                try prompt.map { message in try turn(message, trained: false) }
                + chosen.map { message in try turn(message) }
            return try encoder.encode(turns: turns, maximumLength: length)
        }
    }

    /// The tokens after which the model is to answer; nil for plain text, which asks nothing.
    package func prompt(_ content: RowContent) throws -> [Int32]? {
        switch content {
        case .completion(let prompt, _): return try encoder.encode(promptOnly: prompt)
        case .text: return nil
        case .chat(let messages, let tools):
            guard let last = Self.lastTrained(messages) else { return nil }
            return try encoder.encode(promptTurns: try messages[..<last].map(turn), tools: try value(tools))
        case .preference(let prompt, _, _): return try encoder.encode(promptTurns: try prompt.map(turn))
        }
    }

    /// The tokens of a conversation after which the assistant is to speak.
    package func prompt(_ messages: [Message]) throws -> [Int32] {
        if encoder.template == nil, messages.count == 1, let only = messages.first {
            return try encoder.encode(promptOnly: only.content)
        }
        return try encoder.encode(promptTurns: try messages.map(turn))
    }

    /// The row with its wanted answer replaced, for scoring labels.
    package static func replacingAnswer(_ content: RowContent, by answer: String) -> RowContent? {
        switch content {
        case .completion(let prompt, _): return .completion(prompt: prompt, completion: answer)
        case .chat(let messages, let tools):
            guard let last = lastTrained(messages) else { return nil }
            var kept = Array(messages[...last])
            for index in kept.indices { kept[index].trained = index == last }
            kept[last].content = answer
            return .chat(messages: kept, tools: tools)
        case .text, .preference: return nil
        }
    }

    /// What the model should answer: the last trained turn.
    package static func reference(_ content: RowContent) -> String {
        switch content {
        case .completion(_, let completion): completion
        case .text(let text): text
        case .chat(let messages, _): lastTrained(messages).map { messages[$0].content } ?? ""
        case .preference(_, let chosen, _): chosen.last?.content ?? ""
        }
    }

    /// What is asked, as a person would read it.
    package static func question(_ content: RowContent) -> String {
        switch content {
        case .completion(let prompt, _): return prompt
        case .text: return ""
        case .chat(let messages, _):
            return messages[..<(lastTrained(messages) ?? messages.count)].map { "\($0.role): \($0.content)" }.joined(
                separator: "\n")
        case .preference(let prompt, _, _): return prompt.map { "\($0.role): \($0.content)" }.joined(separator: "\n")
        }
    }

    /// Bytes of all text that carries the loss.
    package static func labelledBytes(_ content: RowContent) -> Int {
        switch content {
        case .completion(_, let completion): completion.utf8.count
        case .text(let text): text.utf8.count
        case .chat(let messages, _): messages.reduce(0) { $0 + (isTrained($1) ? $1.content.utf8.count : 0) }
        case .preference(_, let chosen, _): chosen.reduce(0) { $0 + (isTrained($1) ? $1.content.utf8.count : 0) }
        }
    }

    private static func isTrained(_ message: Message) -> Bool { message.trained ?? (message.role == "assistant") }

    private static func lastTrained(_ messages: [Message]) -> Int? { messages.lastIndex(where: isTrained) }

    // MARK: Template values

    private func turn(_ message: Message) throws -> ChatTurn { try turn(message, trained: Self.isTrained(message)) }

    private func turn(_ message: Message, trained: Bool) throws -> ChatTurn {
        var fields = TemplateDictionary()
        try fields.set("role", .data(message.role))
        try fields.set("content", .data(message.content))
        if let name = message.name { try fields.set("name", .data(name)) }
        if let calls = message.toolCalls { try fields.set("tool_calls", try value(calls)) }
        if let id = message.toolCallID { try fields.set("tool_call_id", .data(id)) }
        return ChatTurn(fields: fields, isTrained: trained)
    }

    private func value(_ json: JSONValue?) throws -> TemplateValue {
        switch json {
        case nil, .null?: return .none
        case .bool(let flag)?: return .bool(flag)
        case .integer(let number)?: return .int(Int(number))
        case .number(let number)?: return .double(number)
        case .string(let text)?: return .data(text)
        case .array(let elements)?: return .list(try TemplateList(elements.map(value)))
        case .object(let members)?:
            var dictionary = TemplateDictionary()
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                try dictionary.setData(key, try value(member))
            }
            return .dictionary(dictionary)
        }
    }
}

extension EncodedExample {
    /// As training and scoring take it: weight 1 on each label.
    package var sequence: TokenSequence { TokenSequence(ids: ids, weights: labels.map { $0 ? 1 : 0 }) }
}
