import Foundation
import ModelLoading
import Nouns

/// How a chat template writes a call of a tool, found by having it write one.
struct CallForm: Hashable, Sendable {
    /// What stands before the name, between name and arguments, and after them.
    let before: String
    let between: String
    let after: String

    /// Words that no template has of its own.
    private enum Probe {
        static let name = "probe_name_q7"
        static let key = "probe_key_q7"
        static let value = "probe_value_q7"
        static let arguments = JSONValue.object([key: .string(value)])
        static let tools = JSONValue.array([
            .object([
                "type": "function",
                "function": .object([
                    "name": .string(name), "description": "A probe.",
                    "parameters": .object(["type": "object", "properties": .object([:])]),
                ]),
            ])
        ])
    }

    /// Throws a Failure (`request.no_tools`) where the template does not show tools to the model, or does not write
    /// calls as a name and an object of arguments.
    init(_ encoder: RowEncoder) throws {
        let user = Message(role: "user", content: "x")
        func call(_ arguments: JSONValue) -> Message {
            Message(
                role: "assistant", content: "",
                toolCalls: .array([
                    .object([
                        "id": "call00000", "type": "function",
                        "function": .object(["name": .string(Probe.name), "arguments": arguments]),
                    ])
                ]))
        }
        let asked = try? encoder.text(of: [user], tools: Probe.tools, addGenerationPrompt: true)
        guard let asked, asked.contains(Probe.name) else { throw Self.refusal }
        let answered = try? encoder.text(
            of: [user, call(Probe.arguments)], tools: Probe.tools, addGenerationPrompt: false)
        let plain = try? encoder.text(
            of: [user, Message(role: "assistant", content: "plain_answer_q7")], tools: Probe.tools,
            addGenerationPrompt: false)
        guard let answered, let plain, answered.hasPrefix(asked),
            let end = plain.range(of: "plain_answer_q7")?.upperBound
        else { throw Self.refusal }
        // What the template writes after an answer is not part of the call.
        let tail = String(plain[end...])
        var text = String(answered.dropFirst(asked.count))
        if text.hasSuffix(tail) { text.removeLast(tail.count) }
        guard let name = text.range(of: Probe.name),
            let key = text.range(of: Probe.key, range: name.upperBound..<text.endIndex),
            let open = text[name.upperBound..<key.lowerBound].lastIndex(of: "{"),
            let length = Self.objectLength(Array(text[open...].utf8)),
            let close = text.utf8.index(open, offsetBy: length, limitedBy: text.endIndex)
        else { throw Self.refusal }
        before = String(text[..<name.lowerBound])
        between = String(text[name.upperBound..<open])
        after = String(text[close...])
        guard !(before + between).isEmpty else { throw Self.refusal }
    }

    private static var refusal: Failure {
        Failure(
            code: "request.no_tools", "The chat template of this base cannot write calls of tools.",
            at: "question.tools", remedy: "Leave tools out, or take a base whose template has them.")
    }

    /// The length of the JSON object that `bytes` begin with; nil where it does not end.
    static func objectLength(_ bytes: some Collection<UInt8>) -> Int? {
        var depth = 0
        var isText = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return nil
    }
}
