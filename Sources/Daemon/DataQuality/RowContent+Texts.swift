import Nouns

extension RowContent {
    /// The same content with every text that a person wrote changed by `change`; roles, names of tools and numbers
    /// stay.
    package func mapTexts(_ change: (String) -> String) -> RowContent {
        func messages(_ list: [Message]) -> [Message] {
            list.map { message in
                var message = message
                message.content = change(message.content)
                message.reasoning = message.reasoning.map(change)
                message.toolCalls = message.toolCalls?.mapTexts(change)
                return message
            }
        }
        return switch self {
        case .chat(let list, let tools): .chat(messages: messages(list), tools: tools)
        case .completion(let prompt, let completion):
            .completion(prompt: change(prompt), completion: change(completion))
        case .text(let text): .text(change(text))
        case .preference(let prompt, let chosen, let rejected):
            .preference(prompt: messages(prompt), chosen: messages(chosen), rejected: messages(rejected))
        }
    }
}

extension JSONValue {
    /// The same document with every text changed; keys stay.
    package func mapTexts(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let elements): .array(elements.map { $0.mapTexts(change) })
        case .object(let members): .object(members.mapValues { $0.mapTexts(change) })
        case .null, .bool, .integer, .number: self
        }
    }
}
