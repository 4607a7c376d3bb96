import Foundation
import Nouns

/// Writes rows as ``ContractCoding`` does, byte for byte, but several times faster: identities of rows are digests of
/// these bytes.
package enum CanonicalJSON {
    /// The canonical JSON of a row's content, which its identity is the digest of.
    package static func content(_ content: RowContent) throws -> [UInt8] {
        var out: [UInt8] = []
        try write(content, to: &out)
        return out
    }

    /// A whole row on one line, with its line end.
    package static func line(_ row: Row) throws -> [UInt8] {
        var out: [UInt8] = []
        out.append(contentsOf: "{\"content\":".utf8)
        try write(row.content, to: &out)
        key("drop", &out)
        text(row.drop.rawValue, &out)
        if let fields = row.fields {
            key("fields", &out)
            out.append(contentsOf: try ContractCoding.encode(fields))
        }
        if let file = row.file {
            key("file", &out)
            text(file, &out)
        }
        key("id", &out)
        text(row.id.rawValue, &out)
        if let label = row.label {
            key("label", &out)
            text(label, &out)
        }
        key("line", &out)
        out.append(contentsOf: String(row.line).utf8)
        key("promptKey", &out)
        text(row.promptKey, &out)
        key("split", &out)
        text(row.split.rawValue, &out)
        out.append(contentsOf: "}\n".utf8)
        return out
    }

    private static func write(_ content: RowContent, to out: inout [UInt8]) throws {
        switch content {
        case .completion(let prompt, let completion):
            out.append(contentsOf: "{\"completion\":".utf8)
            text(completion, &out)
            key("prompt", &out)
            text(prompt, &out)
        case .text(let text):
            out.append(contentsOf: "{\"text\":".utf8)
            self.text(text, &out)
        case .chat(let list, let tools):
            out.append(contentsOf: "{\"messages\":".utf8)
            try messages(list, &out)
            if let tools {
                key("tools", &out)
                out.append(contentsOf: try ContractCoding.encode(tools))
            }
        case .preference(let prompt, let chosen, let rejected):
            out.append(contentsOf: "{\"chosen\":".utf8)
            try messages(chosen, &out)
            key("prompt", &out)
            try messages(prompt, &out)
            key("rejected", &out)
            try messages(rejected, &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func messages(_ list: [Message], _ out: inout [UInt8]) throws {
        out.append(UInt8(ascii: "["))
        for (index, message) in list.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: "{\"content\":".utf8)
            text(message.content, &out)
            if let name = message.name {
                key("name", &out)
                text(name, &out)
            }
            if let reasoning = message.reasoning {
                key("reasoning_content", &out)
                text(reasoning, &out)
            }
            key("role", &out)
            text(message.role, &out)
            if let id = message.toolCallID {
                key("tool_call_id", &out)
                text(id, &out)
            }
            if let calls = message.toolCalls {
                key("tool_calls", &out)
                out.append(contentsOf: try ContractCoding.encode(calls))
            }
            if let trained = message.trained {
                key("trained", &out)
                out.append(contentsOf: (trained ? "true" : "false").utf8)
            }
            out.append(UInt8(ascii: "}"))
        }
        out.append(UInt8(ascii: "]"))
    }

    /// A further key of an object; keys are written in the order of their bytes.
    static func key(_ name: StaticString, _ out: inout [UInt8]) {
        out.append(UInt8(ascii: ","))
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
    }

    /// A text between quotes.
    static func text(_ text: String, _ out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated()
            where byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                out.append(contentsOf: bytes[start..<index])
                start = index + 1
                out.append(UInt8(ascii: "\\"))
                switch byte {
                case 8: out.append(UInt8(ascii: "b"))
                case 9: out.append(UInt8(ascii: "t"))
                case 10: out.append(UInt8(ascii: "n"))
                case 12: out.append(UInt8(ascii: "f"))
                case 13: out.append(UInt8(ascii: "r"))
                case 0..<32:
                    out.append(contentsOf: "u00".utf8)
                    let digits = StaticString("0123456789abcdef")
                    out.append(digits.utf8Start[Int(byte >> 4)])
                    out.append(digits.utf8Start[Int(byte & 15)])
                default: out.append(byte)
                }
            }
            out.append(contentsOf: bytes[start...])
        }
        out.append(UInt8(ascii: "\""))
    }
}
