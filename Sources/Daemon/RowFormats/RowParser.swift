import Contracts
import Foundation

/// Turns one line of JSON into a row's content, or says what is wrong with it. Pure; never traps on input.
package struct RowParser: Sendable {
    /// What a good line holds.
    package struct Parsed: Sendable {
        package var content: RowContent
        /// Keys that are no part of the shape: kept for slices and groups.
        package var fields: [String: JSONValue]?
        package var warnings: [RowProblem]
    }

    package init() {}

    /// - Returns: the row, or every error found in it. Blank lines are neither: nil.
    package func parse(_ bytes: [UInt8]?, line: Int) -> Result<Parsed, RowProblems>? {
        guard let bytes else {
            return .failure(.init(line, "line_too_long", "The line is longer than \(LineReader.longest >> 20) MiB.", "Split it into several rows."))
        }
        if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return nil }
        guard !bytes.contains(0) else {
            return .failure(.init(line, "control_character", "The line holds a NUL byte, so it is not text.", "Save the file as UTF-8 text."))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let place = invalidUTF8(bytes)
            return .failure(.init(line, "invalid_utf8", "The bytes from column \(place + 1) on are not UTF-8.", "Save the file as UTF-8."))
        }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        } catch {
            return .failure(.init(line, "invalid_json", "The line is not a JSON object: \(Self.reason(error)).", "Write one JSON object a line."))
        }
        guard let object = value.objectValue else {
            return .failure(.init(line, "data_type", "The line is JSON, but not an object.", "Write one JSON object a line."))
        }
        if object["messages"] != nil { return chat(object, line) }
        if object["prompt"] != nil || object["completion"] != nil { return completion(object, line) }
        return .failure(
            .init(
                line, "unknown_shape", "The row has neither 'messages' nor 'prompt' and 'completion' (its keys: \(object.keys.sorted().prefix(8).joined(separator: ", "))).",
                "Write {\"prompt\": …, \"completion\": …} or {\"messages\": […]}."))
    }

    private func completion(_ object: [String: JSONValue], _ line: Int) -> Result<Parsed, RowProblems> {
        var problems = RowProblems()
        func text(_ key: String) -> String {
            switch object[key] {
            case .string(let text): return text
            case nil:
                problems.add(line, "missing_key", "The key '\(key)' is missing.", "Add it.", "/\(key)")
            case let other?:
                problems.add(line, "data_type", "'\(key)' is \(Self.kind(other)), not a text.", "Put it in quotes.", "/\(key)")
            }
            return ""
        }
        let prompt = text("prompt")
        let completion = text("completion")
        if problems.isEmpty {
            if prompt.allSatisfy(\.isWhitespace) { problems.add(line, "empty_prompt", "The prompt is empty.", "Ask something.", "/prompt") }
            if completion.allSatisfy(\.isWhitespace) {
                problems.add(line, "empty_completion", "The completion is empty: there is nothing to learn.", "Write the wanted answer.", "/completion")
            } else if completion == prompt {
                problems.add(line, "completion_equals_prompt", "The completion repeats the prompt.", "Write the wanted answer.", "/completion")
            }
        }
        guard problems.isEmpty else { return .failure(problems) }
        return .success(
            Parsed(content: .completion(prompt: prompt, completion: completion), fields: rest(object, ["prompt", "completion"]), warnings: []))
    }

    private func chat(_ object: [String: JSONValue], _ line: Int) -> Result<Parsed, RowProblems> {
        var problems = RowProblems()
        guard let list = object["messages"]?.arrayValue, !list.isEmpty else {
            return .failure(.init(line, "missing_messages_list", "'messages' is not a list of messages.", "Write a list of at least one user and one assistant message.", "/messages"))
        }
        var messages: [Message] = []
        let roles: Set = ["system", "developer", "user", "assistant", "tool"]
        for (index, element) in list.enumerated() {
            let pointer = "/messages/\(index)"
            guard let message = element.objectValue else {
                problems.add(line, "data_type", "The message is \(Self.kind(element)), not an object.", "Write {\"role\": …, \"content\": …}.", pointer)
                continue
            }
            let role = message["role"]?.stringValue
            if role == nil { problems.add(line, "message_missing_key", "The message has no 'role'.", "Add one.", pointer + "/role") }
            if let role, !roles.contains(role) {
                problems.add(
                    line, "unrecognized_role", "The role '\(role)' is not known.", "Use one of \(roles.sorted().joined(separator: ", ")).", pointer + "/role")
            }
            for key in message.keys.sorted() where !["role", "content", "name", "weight", "tool_calls", "tool_call_id"].contains(key) {
                problems.add(line, "message_unrecognized_key", "The key '\(key)' is not known in a message.", "Remove it.", pointer + "/\(key)")
            }
            var content = ""
            switch message["content"] {
            case .string(let text): content = text
            case .array(let parts):
                let texts = parts.map { $0["type"] == "text" ? $0["text"]?.stringValue : nil }
                if texts.contains(nil) {
                    problems.add(line, "unsupported_content", "A content part is not text.", "Only parts of type text can be trained on.", pointer + "/content")
                }
                content = texts.compactMap { $0 }.joined()
            case nil, .null?:
                if message["tool_calls"] == nil {
                    problems.add(line, "missing_content", "The message has no 'content'.", "Write what was said.", pointer + "/content")
                }
            case let other?:
                problems.add(line, "data_type", "'content' is \(Self.kind(other)), not a text.", "Put it in quotes.", pointer + "/content")
            }
            if role == "assistant", message["tool_calls"] == nil, content.allSatisfy(\.isWhitespace), message["content"] != nil {
                problems.add(line, "empty_completion", "The assistant says nothing.", "Write the wanted answer.", pointer + "/content")
            }
            var trained: Bool?
            if let weight = message["weight"] {
                switch weight {
                case .integer(0): trained = false
                case .integer(1): trained = true
                default: problems.add(line, "invalid_weight", "The weight is neither 0 nor 1.", "Use 0 or 1.", pointer + "/weight")
                }
                if role != "assistant" {
                    problems.add(line, "invalid_weight", "Only assistant messages have a weight.", "Remove it.", pointer + "/weight")
                }
            }
            messages.append(
                Message(
                    role: role ?? "", content: content, name: message["name"]?.stringValue, toolCalls: message["tool_calls"],
                    toolCallID: message["tool_call_id"]?.stringValue, trained: trained))
        }
        if problems.isEmpty, !messages.contains(where: { $0.role == "assistant" && $0.trained != false }) {
            problems.add(
                line, "example_missing_assistant_message", "No assistant message is to be learnt.", "End with the wanted answer of the assistant.", "/messages")
        }
        guard problems.isEmpty else { return .failure(problems) }
        return .success(
            Parsed(content: .chat(messages: messages, tools: object["tools"]), fields: rest(object, ["messages", "tools"]), warnings: []))
    }

    private func rest(_ object: [String: JSONValue], _ known: Set<String>) -> [String: JSONValue]? {
        let rest = object.filter { !known.contains($0.key) }
        return rest.isEmpty ? nil : rest
    }

    private func invalidUTF8(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var place = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): place += UTF8.width(scalar)
            case .emptyInput, .error: return place
            }
        }
    }

    private static func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
        let cause = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
        return (cause ?? context.debugDescription).trimmingCharacters(in: CharacterSet(charactersIn: "."))
    }
}

/// Everything wrong with one row.
package struct RowProblems: Error, Sendable {
    package private(set) var list: [RowProblem] = []
    package var isEmpty: Bool { list.isEmpty }

    package init() {}

    init(_ line: Int, _ code: String, _ message: String, _ fix: String, _ pointer: String = "") { add(line, code, message, fix, pointer) }

    mutating func add(_ line: Int, _ code: String, _ message: String, _ fix: String, _ pointer: String = "") {
        list.append(RowProblem(line: line, pointer: pointer, code: code, message: message, fix: fix))
    }
}
