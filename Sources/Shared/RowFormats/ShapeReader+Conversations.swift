import JSONText
import Nouns

extension ShapeReader {
    private static let roles: Set = ["system", "developer", "user", "assistant", "tool"]
    private static let messageKeys: Set = [
        "role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal",
    ]

    /// OpenAI's form: `messages`, and `tools` where there are some.
    mutating func chat() -> RowContent? {
        guard let messages = messages(row["messages"], "/messages", isWhole: true) else { return nil }
        return conversation(messages, tools: row["tools"], at: "/messages")
    }

    /// ShareGPT's form: `conversations` of `from` and `value`.
    mutating func sharegpt() -> RowContent? {
        guard let list = row["conversations"]?.arrayValue, !list.isEmpty else {
            problems.add(
                line, .missingMessagesList, "'conversations' is no list of turns.",
                "Write a list of {\"from\": …, \"value\": …}.", "/conversations")
            return nil
        }
        // Some write OpenAI's messages under this name.
        if list.first?["role"] != nil {
            guard let messages = messages(row["conversations"], "/conversations", isWhole: true) else { return nil }
            return conversation(messages, tools: nil, at: "/conversations")
        }
        let roles = [
            "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
            "model": "assistant", "bot": "assistant",
            "system": "system", "tool": "tool", "function": "tool", "observation": "tool", "function_response": "tool",
            "function_call": "assistant",
        ]
        var messages: [Message] = []
        if let system = optional("system"), !system.isEmpty {
            messages.append(Message(role: "system", content: system))
        }
        for (index, turn) in list.enumerated() {
            let pointer = "/conversations/\(index)"
            guard let from = turn["from"]?.stringValue else {
                problems.add(line, .messageMissingKey, "The turn has no 'from'.", "Add one.", pointer + "/from")
                continue
            }
            guard let role = roles[from] else {
                problems.add(
                    line, .unrecognizedRole, "The speaker '\(from.prefix(40))' is not known.",
                    "Use human, gpt, system or tool.", pointer + "/from")
                continue
            }
            guard let value = turn["value"]?.stringValue else {
                problems.add(
                    line, .missingContent, "The turn has no text in 'value'.", "Write what was said.",
                    pointer + "/value")
                continue
            }
            if role == "assistant", value.allSatisfy(\.isWhitespace) {
                problems.add(
                    line, .emptyCompletion, "The answer is empty: there is nothing to learn.",
                    "Write the wanted answer.", pointer + "/value")
            }
            inspect(value, pointer + "/value")
            messages.append(Message(role: role, content: value))
        }
        var tools = row["tools"]
        if let text = tools?.stringValue {
            // Written as a text by many; what is no JSON inside is no list of tools.
            do throws(JSONTextFault) { tools = text.isEmpty ? nil : try JSONText.parse(Array(text.utf8)).value } catch {
                problems.add(
                    line, .dataType, "'tools' is a text, but not JSON: \(error.problem).", "Write a list of tools.",
                    "/tools")
            }
        }
        return conversation(messages, tools: tools, at: "/conversations")
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
        if prompt.isEmpty, !problems.hasErrors {
            // The prompt may be what both answers begin with.
            let shared = zip(chosen, rejected).prefix { $0 == $1 }.count
            let count = min(shared, chosen.count - 1, rejected.count - 1)
            prompt = Array(chosen.prefix(max(0, count)))
            chosen.removeFirst(prompt.count)
            rejected.removeFirst(prompt.count)
            if prompt.isEmpty { problems.add(line, .emptyPrompt, "There is no prompt.", "Add 'prompt'.", "/prompt") }
        }
        for (answer, key) in [(chosen, keys.chosen), (rejected, keys.rejected)]
        where !answer.contains(where: { $0.role == "assistant" }) {
            problems.add(
                line, .exampleMissingAssistantMessage, "'\(key)' holds no answer of the assistant.", "End it with one.",
                "/\(key)")
        }
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
        if text.allSatisfy(\.isWhitespace) {
            let isPrompt = role == "user"
            problems.add(
                line, isPrompt ? .emptyPrompt : .emptyCompletion, "'\(key)' is empty.",
                isPrompt ? "Ask something." : "Write an answer.", "/\(key)")
        }
        inspect(text, "/\(key)")
        return [Message(role: role, content: text)]
    }

    /// A whole conversation, in which something is to be learnt.
    mutating func conversation(_ messages: [Message], tools: JSONValue?, at pointer: String) -> RowContent? {
        if !problems.hasErrors, !messages.contains(where: { $0.role == "assistant" && $0.trained != false }) {
            problems.add(
                line, .exampleMissingAssistantMessage, "No assistant message is to be learnt.",
                "End with the wanted answer of the assistant.", pointer)
        }
        if let tools, tools != .null, tools.arrayValue == nil {
            problems.add(
                line, .dataType, "'tools' is \(RowReader.kind(tools)), not a list.", "Write a list of tools.", "/tools")
        }
        return .chat(messages: messages, tools: tools == .null ? nil : tools)
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
        let role = message["role"]?.stringValue
        if role == nil {
            problems.add(line, .messageMissingKey, "The message has no 'role'.", "Add one.", pointer + "/role")
        }
        if let role, !Self.roles.contains(role) {
            problems.add(
                line, .unrecognizedRole, "The role '\(role.prefix(40))' is not known.",
                "Use one of \(Self.roles.sorted().joined(separator: ", ")).", pointer + "/role")
        }
        for key in message.keys.sorted() where !Self.messageKeys.contains(key) {
            problems.add(
                line, .messageUnrecognizedKey, "The key '\(key.prefix(40))' is not known in a message.", "Remove it.",
                pointer + "/" + RowReader.escaped(key))
        }
        let calls = toolCalls(message, pointer, &known)
        let content = content(message, pointer, isNeeded: calls == nil)
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
            toolCallID: id,
            trained: weight(message, role, pointer))
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

    private mutating func weight(_ message: [String: JSONValue], _ role: String?, _ pointer: String) -> Bool? {
        guard let weight = message["weight"], weight != .null else { return nil }
        if role != "assistant" {
            problems.add(
                line, .invalidWeight, "Only assistant messages have a weight.", "Remove it.", pointer + "/weight")
            return nil
        }
        switch weight {
        case .integer(0), .number(0): return false
        case .integer(1), .number(1): return true
        default:
            problems.add(line, .invalidWeight, "The weight is neither 0 nor 1.", "Use 0 or 1.", pointer + "/weight")
            return nil
        }
    }

    /// The calls of a message, OpenAI's older `function_call` among them.
    private mutating func toolCalls(_ message: [String: JSONValue], _ pointer: String, _ known: inout Set<String>)
        -> JSONValue?
    {
        var calls = message["tool_calls"]
        var place = pointer + "/tool_calls"
        if calls == nil || calls == .null, let old = message["function_call"], old != .null {
            calls = .array([.object(["type": "function", "function": old])])
            place = pointer + "/function_call"
        }
        guard let calls, calls != .null else { return nil }
        guard let list = calls.arrayValue, !list.isEmpty else {
            problems.add(
                line, .invalidToolCall, "'tool_calls' is no list of calls.",
                "Write [{\"type\": \"function\", \"function\": {…}}].", place)
            return nil
        }
        for (index, call) in list.enumerated() {
            if let id = call["id"]?.stringValue { known.insert(id) }
            let hasArguments =
                switch call["function"]?["arguments"] {
                case .string?, .object?, nil: true
                default: false
                }
            if call["function"]?["name"]?.stringValue == nil || !hasArguments {
                problems.add(
                    line, .invalidToolCall,
                    "The call names no function, or its arguments are neither a text nor an object.",
                    "Write {\"type\": \"function\", \"function\": {\"name\": …, \"arguments\": …}}.",
                    "\(place)/\(index)")
            }
        }
        return calls
    }
}
