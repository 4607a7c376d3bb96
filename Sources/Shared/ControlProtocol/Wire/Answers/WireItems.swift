import Nouns

/// Reads the input of OpenAI's newer routes: messages, and calls of tools with what they gave.
enum WireItems {
    private static let kinds = ["message", "function_call", "function_call_output"]
    private static let parts = ["input_text", "output_text", "text"]

    /// Throws a Failure that names the member at fault, such as `input[2].content[0].type`.
    static func read(_ list: [JSONValue], at place: String) throws -> [Message] {
        try list.enumerated().map { index, value in
            let item = try WireObject(value, at: "\(place)[\(index)]")
            switch try item.text("type") ?? "message" {
            case "message": return try WireMessages.message(item, parts: parts)
            case "function_call":
                var members: [String: JSONValue] = ["type": "function", "function": try WireMessages.function(item)]
                if let id = try item.text("call_id") { members["id"] = .string(id) }
                return Message(role: "assistant", content: "", toolCalls: .array([.object(members)]))
            case "function_call_output":
                let output = try text(item["output"], at: item.place("output"))
                guard let output else { throw WireFault.missing(item.place("output")) }
                return Message(role: "tool", content: output, toolCallID: try item.text("call_id"))
            case let kind: throw WireFault.value(item.place("type"), kind, allowed: kinds)
            }
        }
    }

    /// A text, or one in parts; nil where there is none.
    static func text(_ value: JSONValue?, at place: String) throws -> String? {
        try WireMessages.content(value, at: place, parts: parts, ofAssistant: false)
    }
}
