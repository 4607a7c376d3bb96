import ChatTemplates
import Encoding
import Nouns
import Tokenization
import Transformers

/// Turns canonical rows into tokens, and says what of a row is asked and what is the wanted answer.
package struct RowEncoder: Sendable {
    /// Templates that print today's date get this one (2025-01-01) where no other is named, so that a row has the same
    /// tokens whenever it is encoded.
    package static let usualDate = 1_735_689_600

    package let encoder: ExampleEncoder
    private let context: Int

    /// - Parameter date: seconds since 1970 on the day that a template prints.
    package init(_ text: TokenizerFile, context: Int, date: Int = Self.usualDate) {
        encoder = ExampleEncoder(tokenizer: text.tokenizer, template: text.template, now: date)
        self.context = context
    }

    package var tokenizer: Tokenizer { encoder.tokenizer }

    /// The row's tokens and labels, cut to `maximumLength` or the model's context: one example, or one for each trained
    /// turn where the template does not let a conversation be trained in one. Of two answers it is the preferred one's.
    package func examples(_ row: Row, maximumLength: Int) throws -> [EncodedExample] {
        try examples(row.content, tools: row.tools, maximumLength: maximumLength)
    }

    /// The tokens and labels of the rejected answer; nil where the row has none.
    package func rejected(_ row: Row, maximumLength: Int) throws -> EncodedExample? {
        guard case .preference(let prompt, _, let rejected) = row.content else { return nil }
        let content = RowContent.preference(prompt: prompt, chosen: rejected, rejected: [])
        return try example(content, tools: row.tools, maximumLength: maximumLength)
    }

    /// The same of what a row consists of.
    ///
    /// - Parameter tools: what a preference row's conversation may call; a chat has its own.
    package func examples(_ content: RowContent, tools: JSONValue? = nil, maximumLength: Int) throws
        -> [EncodedExample]
    {
        let length = min(max(2, maximumLength), context)
        switch content {
        case .completion(let prompt, let completion):
            return [try encoder.encode(prompt: prompt, completion: completion, maximumLength: length)]
        case .text(let text):
            return [try encoder.encode(text: text, maximumLength: length)]
        case .chat(let messages, let own):
            var values = RowValues()
            let turns = try messages.enumerated().map { try values.turn($1, at: $0, trained: Self.isTrained($1)) }
            return try encoder.examples(turns: turns, tools: try values.tools(own), maximumLength: length)
        case .preference(let prompt, let chosen, _):
            var values = RowValues()
            let turns =
                try prompt.enumerated().map { try values.turn($1, at: $0, trained: false) }
                + chosen.enumerated().map { index, message in
                    try values.turn(message, at: prompt.count + index, trained: Self.isTrained(message))
                }
            return [try encoder.encode(turns: turns, tools: try values.tools(tools), maximumLength: length)]
        }
    }

    /// The row as one example: all of it or, where each turn is one of its own, its last trained turn.
    package func example(_ row: Row, maximumLength: Int) throws -> EncodedExample {
        try example(row.content, tools: row.tools, maximumLength: maximumLength)
    }

    /// The same of what a row consists of.
    package func example(_ content: RowContent, tools: JSONValue? = nil, maximumLength: Int) throws -> EncodedExample {
        let examples = try examples(content, tools: tools, maximumLength: maximumLength)
        guard let last = examples.last else { throw EncodingFailure.noLabels }
        return last
    }

    /// The tokens after which the model is to answer; nil for plain text, which asks nothing.
    package func prompt(_ row: Row) throws -> [Int32]? { try prompt(row.content, tools: row.tools) }

    /// The same of what a row consists of.
    package func prompt(_ content: RowContent, tools: JSONValue? = nil) throws -> [Int32]? {
        switch content {
        case .completion(let prompt, _): return try encoder.encode(promptOnly: prompt)
        case .text: return nil
        case .chat(let messages, let own):
            guard let last = Self.lastTrained(messages) else { return nil }
            var values = RowValues()
            let turns = try messages[..<last].enumerated().map { try values.turn($1, at: $0, trained: false) }
            return try encoder.encode(promptTurns: turns, tools: try values.tools(own))
        case .preference(let prompt, _, _):
            var values = RowValues()
            return try encoder.encode(promptTurns: try turns(prompt), tools: try values.tools(tools))
        }
    }

    private func turns(_ messages: [Message]) throws -> [ChatTurn] {
        var values = RowValues()
        return try messages.enumerated().map { try values.turn($1, at: $0, trained: false) }
    }

    /// The tokens of a conversation after which the assistant is to speak.
    package func prompt(_ messages: [Message], tools: JSONValue? = nil) throws -> [Int32] {
        if encoder.template == nil, messages.count == 1, let only = messages.first {
            return try encoder.encode(promptOnly: only.content)
        }
        var values = RowValues()
        let turns = try messages.enumerated().map { try values.turn($1, at: $0, trained: false) }
        return try encoder.encode(promptTurns: turns, tools: try values.tools(tools))
    }

    /// What the template writes for a conversation; nil without one.
    package func text(of messages: [Message], tools: JSONValue? = nil, addGenerationPrompt: Bool) throws -> String? {
        var values = RowValues()
        let turns = try messages.enumerated().map { try values.turn($1, at: $0, trained: false) }
        return try encoder.text(
            of: turns, tools: try values.tools(tools), addGenerationPrompt: addGenerationPrompt)
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
            kept[last].toolCalls = nil
            kept[last].reasoning = nil
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
        case .chat(let messages, _): messages.reduce(0) { $0 + (isTrained($1) ? saidBytes($1) : 0) }
        case .preference(_, let chosen, _): chosen.reduce(0) { $0 + (isTrained($1) ? saidBytes($1) : 0) }
        }
    }

    /// Bytes of all that a turn says: its text, what it thinks, and the names and arguments of its calls.
    private static func saidBytes(_ message: Message) -> Int {
        let calls = (message.toolCalls?.arrayValue ?? []).reduce(0) { sum, call in
            let function = call["function"]
            return sum + (function?["name"]?.stringValue?.utf8.count ?? 0)
                + (function?["arguments"]?.stringValue?.utf8.count ?? 0)
        }
        return message.content.utf8.count + (message.reasoning?.utf8.count ?? 0) + calls
    }

    /// Whether the row says what is wanted: without it, a model can only be asked.
    package static func hasAnswer(_ content: RowContent) -> Bool {
        guard case .chat(let messages, _) = content else { return !reference(content).isEmpty }
        return lastTrained(messages).map { saidBytes(messages[$0]) > 0 } ?? false
    }

    private static func isTrained(_ message: Message) -> Bool { message.trained ?? (message.role == "assistant") }

    private static func lastTrained(_ messages: [Message]) -> Int? { messages.lastIndex(where: isTrained) }
}

extension EncodedExample {
    /// As training and scoring take it: weight 1 on each label.
    package var sequence: TokenSequence { TokenSequence(ids: ids, weights: labels.map { $0 ? 1 : 0 }) }
}
