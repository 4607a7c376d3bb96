import JSONText
import Nouns

extension ShapeReader {
    /// The speakers of ShareGPT's form, by the roles that they are here.
    private static let speakers = [
        "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
        "model": "assistant", "bot": "assistant",
        "system": "system", "tool": "tool", "function": "tool", "observation": "tool", "function_response": "tool",
        "function_call": "assistant",
    ]

    /// ShareGPT's form: `conversations` of `from` and `value`.
    mutating func sharegpt() -> RowContent? {
        guard let list = row["conversations"]?.arrayValue, !list.isEmpty else {
            problems.add(
                line, .missingMessagesList, "'conversations' is no list of turns.",
                "Write a list of {\"from\": …, \"value\": …}.", "/conversations")
            return nil
        }
        var messages: [Message] = []
        if let system = optional("system"), !system.isEmpty {
            messages.append(Message(role: "system", content: system))
        }
        // Some write OpenAI's messages under this name.
        if list.first?["role"] != nil {
            guard let own = self.messages(row["conversations"], "/conversations", isWhole: true) else { return nil }
            return conversation(messages + own, at: "/conversations")
        }
        for (index, turn) in list.enumerated() {
            if let message = self.turn(turn, "/conversations/\(index)") { messages.append(message) }
        }
        return conversation(messages, at: "/conversations")
    }

    private mutating func turn(_ turn: JSONValue, _ pointer: String) -> Message? {
        guard let members = turn.objectValue, let from = members["from"]?.stringValue else {
            problems.add(line, .messageMissingKey, "The turn has no 'from'.", "Add one.", pointer + "/from")
            return nil
        }
        guard let role = Self.speakers[from] else {
            problems.add(
                line, .unrecognizedRole, "The speaker '\(from.prefix(40))' is not known.",
                "Use human, gpt, system or tool.", pointer + "/from")
            return nil
        }
        guard let value = members["value"]?.stringValue else {
            problems.add(
                line, .missingContent, "The turn has no text in 'value'.", "Write what was said.", pointer + "/value")
            return nil
        }
        if role == "assistant", value.allSatisfy(\.isWhitespace) {
            problems.add(
                line, .emptyCompletion, "The answer is empty: there is nothing to learn.",
                "Write the wanted answer.", pointer + "/value")
        }
        inspect(value, pointer + "/value")
        let isCall = from == "function_call"
        return Message(
            role: role, content: isCall ? "" : value, toolCalls: isCall ? calls(value, pointer + "/value") : nil,
            reasoning: reasoning(members, pointer), trained: mask(members, role, pointer))
    }

    /// The calls that a turn of `function_call` writes as JSON: one object of name and arguments, or a list of them.
    private mutating func calls(_ value: String, _ pointer: String) -> JSONValue? {
        let tree: JSONTree
        do throws(JSONTextFault) { tree = try JSONTree.parse(value) } catch {
            problems.add(
                line, .invalidToolCall, "The call is no JSON: \(error.problem).",
                "Write {\"name\": …, \"arguments\": {…}}.", pointer)
            return nil
        }
        return canonical(tree.array ?? [tree], pointer)
    }

    /// The turns of a transcript that marks each speaker with `Human:` or `Assistant:` at the beginning of a paragraph,
    /// as Anthropic's published preferences do; nil for other text.
    static func transcript(_ text: String) -> [Message]? {
        guard text.trimmingSpaces.hasPrefix("Human:") else { return nil }
        var messages: [Message] = []
        let speakers = [("Human:", "user"), ("Assistant:", "assistant")]
        for paragraph in ("\n\n" + text.trimmingSpaces).split(separator: "\n\n", omittingEmptySubsequences: true) {
            if let (mark, role) = speakers.first(where: { paragraph.hasPrefix($0.0) }) {
                messages.append(Message(role: role, content: paragraph.dropFirst(mark.count).trimmingSpaces))
            } else if !messages.isEmpty {
                messages[messages.count - 1].content += "\n\n" + paragraph
            }
        }
        return messages.last?.role == "assistant" && messages.count > 1 ? messages : nil
    }
}
