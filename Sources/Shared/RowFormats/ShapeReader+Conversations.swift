import JSONText
import Nouns

extension ShapeReader {
    private static let roles: Set = ["system", "developer", "user", "assistant", "tool"]
    private static let messageKeys: Set = [
        "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal",
    ]

    /// OpenAI's form: `messages`, and `tools` where there are some.
    mutating func chat() -> RowContent? {
        guard let messages = messages(row["messages"], "/messages", isWhole: true) else { return nil }
        return conversation(messages, at: "/messages")
    }

    /// Answers that are wanted and not wanted: `prompt`/`chosen`/`rejected` as texts or messages, or OpenAI's form.
    mutating func preference() -> RowContent? {
        var prompt: [Message]
        let keys: (chosen: String, rejected: String)
        if row["preferred_output"] != nil || row["non_preferred_output"] != nil {
            keys = ("preferred_output", "non_preferred_output")
            prompt = messages(row["input"]?["messages"], "/input/messages", isWhole: false) ?? []
        } else {
            keys = ("chosen", "rejected")
            prompt = row["prompt"] == nil ? [] : side("prompt", role: "user", trained: false) ?? []
        }
        guard var chosen = side(keys.chosen, role: "assistant", trained: nil),
            var rejected = side(keys.rejected, role: "assistant", trained: nil)
        else { return nil }
        // Both answers may begin with the prompt, said beside them or not.
        let shared = zip(chosen, rejected).prefix { $0 == $1 }.count
        let count = max(0, min(shared, chosen.count - 1, rejected.count - 1))
        if !problems.hasErrors, prompt.isEmpty || Self.says(chosen.prefix(count), prompt) {
            prompt = Array(chosen.prefix(count))
            chosen.removeFirst(count)
            rejected.removeFirst(count)
            if prompt.isEmpty {
                problems.add(
                    line, .emptyPrompt,
                    "There is no prompt: the two answers have no turn in common at their beginning.",
                    "Add 'prompt', or begin both answers with the same turns.", "/prompt")
            }
        }
        for (answer, key) in [(chosen, keys.chosen), (rejected, keys.rejected)]
        where answer.last?.role != "assistant" {
            problems.add(
                line, .exampleMissingAssistantMessage, "'\(key)' does not end with an answer of the assistant.",
                "End it with one.", "/\(key)")
        }
        tools = toolsOfPair()
        if chosen == rejected {
            problems.add(
                line, .equalAnswers, "The preferred and the rejected answer are the same.", "Remove the row.",
                "/\(keys.rejected)")
        }
        return .preference(prompt: prompt, chosen: chosen, rejected: rejected)
    }

    /// One side of a row that is a text or a list of messages.
    mutating func side(_ key: String, role: String, trained: Bool?) -> [Message]? {
        if row[key]?.arrayValue != nil {
            guard var list = messages(row[key], "/\(key)", isWhole: false) else { return nil }
            if let trained {
                for index in list.indices where list[index].role == "assistant" { list[index].trained = trained }
            }
            return list
        }
        guard let text = required(key) else { return nil }
        if role == "assistant", row["prompt"] == nil, let turns = Self.transcript(text) { return turns }
        if text.allSatisfy(\.isWhitespace) {
            let isPrompt = role == "user"
            problems.add(
                line, isPrompt ? .emptyPrompt : .emptyCompletion, "'\(key)' is empty.",
                isPrompt ? "Ask something." : "Write an answer.", "/\(key)")
        }
        inspect(text, "/\(key)")
        return [Message(role: role, content: text)]
    }

    /// Whether messages end with what `prompt` says.
    private static func says(_ messages: some BidirectionalCollection<Message>, _ prompt: [Message]) -> Bool {
        messages.count >= prompt.count
            && zip(messages.suffix(prompt.count), prompt).allSatisfy {
                $0.role == $1.role && $0.content.trimmingSpaces == $1.content.trimmingSpaces
            }
    }

    /// An answer without the prompt that it repeats at its beginning.
    func withoutPrompt(_ answer: [Message], _ prompt: [Message]) -> [Message] {
        guard !prompt.isEmpty, answer.count > prompt.count, Self.says(answer.prefix(prompt.count), prompt) else {
            return answer
        }
        return Array(answer.dropFirst(prompt.count))
    }

    /// A whole conversation, in which something is to be learnt.
    mutating func conversation(_ messages: [Message], at pointer: String) -> RowContent? {
        if !problems.hasErrors, !messages.contains(where: { $0.role == "assistant" && $0.trained != false }) {
            problems.add(
                line, .exampleMissingAssistantMessage, "No assistant message is to be learnt.",
                "End with the wanted answer of the assistant.", pointer)
        }
        return .chat(messages: messages, tools: nil)
    }

    /// Messages in OpenAI's form; nil where there is no list.
    mutating func messages(_ value: JSONValue?, _ pointer: String, isWhole: Bool) -> [Message]? {
        guard let list = value?.arrayValue, !list.isEmpty else {
            problems.add(
                line, .missingMessagesList, "This is no list of messages.",
                isWhole ? "Write a list of at least one user and one assistant message." : "Write a list of messages.",
                pointer)
            return nil
        }
        var calls: Set<String> = []
        var result: [Message] = []
        for (index, element) in list.enumerated() {
            guard let message = element.objectValue else {
                problems.add(
                    line, .dataType, "The message is \(RowReader.kind(element)), not an object.",
                    "Write {\"role\": …, \"content\": …}.", "\(pointer)/\(index)")
                continue
            }
            result.append(self.message(message, "\(pointer)/\(index)", &calls))
        }
        return result
    }

    private mutating func message(_ message: [String: JSONValue], _ pointer: String, _ known: inout Set<String>)
        -> Message
    {
        // What the tools' answers were called before there were tools.
        let given = message["role"]?.stringValue
        let role = given == "function" ? "tool" : given
        if role == nil {
            problems.add(line, .messageMissingKey, "The message has no 'role'.", "Add one.", pointer + "/role")
        }
        if let role, !Self.roles.contains(role) {
            problems.add(
                line, .unrecognizedRole, "The role '\(role.prefix(40))' is not known.",
                "Use one of \(Self.roles.sorted().joined(separator: ", ")).", pointer + "/role")
        }
        for key in message.keys.sorted()
        where !Self.messageKeys.contains(key) && !Self.maskKeys.contains(key) && !Message.reasoningKeys.contains(key) {
            // What an API gives back has many keys that hold nothing.
            if Self.isEmpty(message[key]) { continue }
            problems.add(
                line, .messageUnrecognizedKey, "The key '\(key.prefix(40))' is not known in a message.", "Remove it.",
                pointer + "/" + RowReader.escaped(key))
        }
        let calls = toolCalls(message, pointer, &known)
        let isCalling = !Self.isEmpty(message["tool_calls"]) || !Self.isEmpty(message["function_call"])
        let content = content(message, pointer, isNeeded: !isCalling)
        if role == "assistant", calls == nil, let content, content.allSatisfy(\.isWhitespace) {
            problems.add(
                line, .emptyCompletion, "The assistant says nothing.", "Write the wanted answer.", pointer + "/content")
        }
        if let content { inspect(content, pointer + "/content") }
        let id = message["tool_call_id"]?.stringValue
        if role == "tool", let id, !known.contains(id) {
            problems.add(
                line, .unknownToolCall, "The tool answers the call '\(id.prefix(40))', which was not made before.",
                "Put the call's id here.", pointer + "/tool_call_id")
        }
        return Message(
            role: role ?? "", content: content ?? "", name: message["name"]?.stringValue, toolCalls: calls,
            toolCallID: id, reasoning: reasoning(message, pointer), trained: mask(message, role, pointer))
    }

    private mutating func content(_ message: [String: JSONValue], _ pointer: String, isNeeded: Bool) -> String? {
        switch message["content"] {
        case .string(let text)?: return text
        case .array(let parts)?:
            let texts = parts.map { part in
                part["type"]?.stringValue == "refusal"
                    ? part["refusal"]?.stringValue
                    : part["type"]?.stringValue == "text" ? part["text"]?.stringValue : nil
            }
            for (index, text) in texts.enumerated() where text == nil {
                let type = parts[index]["type"]?.stringValue ?? RowReader.kind(parts[index])
                problems.add(
                    line, .unsupportedContent, "The content part is '\(type.prefix(40))', not text.",
                    "Only parts of type text can be trained on.",
                    "\(pointer)/content/\(index)")
            }
            return texts.compactMap { $0 }.joined()
        case nil, .null?:
            // A refusal is what the assistant says instead.
            if let refusal = message["refusal"]?.stringValue { return refusal }
            if isNeeded {
                problems.add(
                    line, .missingContent, "The message has no 'content'.", "Write what was said.", pointer + "/content"
                )
            }
            return nil
        case let other?:
            problems.add(
                line, .dataType, "'content' is \(RowReader.kind(other)), not a text.", "Put it in quotes.",
                pointer + "/content")
            return nil
        }
    }

    /// The calls of a message, OpenAI's older `function_call` among them.
    private mutating func toolCalls(_ message: [String: JSONValue], _ pointer: String, _ known: inout Set<String>)
        -> JSONValue?
    {
        var calls = message["tool_calls"]
        var place = pointer + "/tool_calls"
        if Self.isEmpty(calls), let old = message["function_call"], !Self.isEmpty(old) {
            calls = .array([.object(["type": "function", "function": old])])
            place = pointer + "/function_call"
        }
        guard let calls, !Self.isEmpty(calls) else { return nil }
        guard let list = calls.arrayValue, !list.isEmpty else {
            problems.add(
                line, .invalidToolCall, "'tool_calls' is no list of calls.",
                "Write [{\"type\": \"function\", \"function\": {…}}].", place)
            return nil
        }
        for call in list {
            if let id = call["id"]?.stringValue { known.insert(id) }
        }
        return canonical(list, place, isOld: place.hasSuffix("function_call"))
    }
}
