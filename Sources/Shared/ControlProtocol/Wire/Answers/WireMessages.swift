import Foundation
import Nouns

/// Reads the messages of a request into what rows of training hold, so that both are rendered alike.
enum WireMessages {
    private enum Role: String, CaseIterable { case system, developer, user, assistant, tool, function }

    /// Throws a Failure that names the member at fault, such as `messages[2].content[0].type`.
    static func read(_ list: [JSONValue], at place: String) throws -> [Message] {
        try list.enumerated().map { try message(WireObject($1, at: "\(place)[\($0)]"), parts: ["text"]) }
    }

    /// - Parameter parts: what parts of a content may be called.
    static func message(_ object: WireObject, parts: [String]) throws -> Message {
        guard let role = try object.choice("role", Role.self) else { throw WireFault.missing(object.place("role")) }
        let calls = role == .assistant ? try calls(object) : nil
        if object["audio"] != nil { throw WireFault.unsupported(object.place("audio"), "Messages are text.") }
        var content = try content(
            object["content"], at: object.place("content"), parts: parts, ofAssistant: role == .assistant)
        // A refusal is what the assistant says instead.
        if content == nil, role == .assistant { content = try object.text("refusal") ?? (calls == nil ? nil : "") }
        guard let content else { throw WireFault.missing(object.place("content")) }
        // Roles that have newer names.
        return Message(
            role: role == .function ? "tool" : role.rawValue, content: content, name: try object.text("name"),
            toolCalls: calls, toolCallID: try object.text("tool_call_id"),
            reasoning: Message.reasoningKeys.lazy.compactMap { object[$0]?.stringValue }.first { !$0.isEmpty })
    }

    /// What was said, as a text or in parts; nil where there is nothing.
    static func content(
        _ value: JSONValue?, at place: String, parts kinds: [String], ofAssistant: Bool
    ) throws -> String? {
        switch value {
        case nil: return nil
        case .string(let text)?: return text
        case .array(let parts)?:
            return try parts.enumerated().map { index, part in
                let part = try WireObject(part, at: "\(place)[\(index)]")
                guard let kind = try part.text("type") else { throw WireFault.missing(part.place("type")) }
                if ofAssistant, kind == "refusal" { return try part.requiredText("refusal") }
                guard kinds.contains(kind) else { throw WireFault.value(part.place("type"), kind, allowed: kinds) }
                return try part.requiredText("text")
            }.joined()
        case let other?: throw WireFault.type(place, other, wanted: "a text, or a list of parts of type \(kinds[0])")
        }
    }

    /// The calls of an assistant's turn, with OpenAI's older `function_call` among them.
    private static func calls(_ object: WireObject) throws -> JSONValue? {
        if let old = try object.object("function_call") {
            return .array([.object(["type": "function", "function": try function(old)])])
        }
        let calls = try (object.list("tool_calls") ?? []).enumerated().map { index, call in
            let call = try WireObject(call, at: "\(object.place("tool_calls"))[\(index)]")
            if let kind = try call.text("type"), kind != "function" {
                throw WireFault.value(call.place("type"), kind, allowed: ["function"])
            }
            guard let called = try call.object("function") else { throw WireFault.missing(call.place("function")) }
            var members: [String: JSONValue] = ["type": "function", "function": try function(called)]
            if let id = try call.text("id") { members["id"] = .string(id) }
            return JSONValue.object(members)
        }
        return calls.isEmpty ? nil : .array(calls)
    }

    /// Name and arguments of a call, the arguments as JSON text.
    static func function(_ object: WireObject) throws -> JSONValue {
        let name = try object.requiredText("name")
        let given = try object.text("arguments") ?? ""
        let arguments = given.allSatisfy(\.isWhitespace) ? "{}" : given
        let value = try? ContractCoding.decode(JSONValue.self, from: Data(arguments.utf8))
        guard value?.objectValue != nil else {
            throw WireFault.type(object.place("arguments"), .string(given), wanted: "a JSON object as a text")
        }
        return .object(["name": .string(name), "arguments": .string(arguments)])
    }
}
