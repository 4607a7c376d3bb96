import Foundation
import Nouns

/// Reads the lines that ``CanonicalJSON`` writes, several times faster than a general decoder.
package enum RowLine {
    /// A canonical row from its line. Throws a `JSONTextFault` or a `DecodingError` where it is none.
    package static func row(_ line: UnsafeBufferPointer<UInt8>) throws -> Row {
        let value = try JSONText.parse(line).value
        guard let members = value.objectValue, let content = members["content"].flatMap(content),
            let split = members["split"]?.stringValue.flatMap(Split.init(rawValue:)),
            let id = members["id"]?.stringValue,
            let key = members["promptKey"]?.stringValue, let drop = members["drop"]?.stringValue,
            case .integer(let number)? = members["line"]
        else {
            // Whatever is unusual here is judged by the general decoder, which says what is wrong.
            return try ContractCoding.decode(Row.self, from: Data(line))
        }
        return Row(
            id: RowID(id), content: content, split: split, label: members["label"]?.stringValue, promptKey: key,
            fields: members["fields"]?.objectValue, drop: DropID(drop), line: Int(number),
            file: members["file"]?.stringValue)
    }

    private static func content(_ value: JSONValue) -> RowContent? {
        if let list = value["messages"]?.arrayValue {
            return messages(list).map { .chat(messages: $0, tools: value["tools"]) }
        }
        if let text = value["text"]?.stringValue { return .text(text) }
        if let chosen = value["chosen"]?.arrayValue.flatMap(messages),
            let rejected = value["rejected"]?.arrayValue.flatMap(messages),
            let prompt = value["prompt"]?.arrayValue.flatMap(messages)
        {
            return .preference(prompt: prompt, chosen: chosen, rejected: rejected)
        }
        guard let prompt = value["prompt"]?.stringValue, let completion = value["completion"]?.stringValue else {
            return nil
        }
        return .completion(prompt: prompt, completion: completion)
    }

    private static func messages(_ list: [JSONValue]) -> [Message]? {
        var result: [Message] = []
        for value in list {
            guard let role = value["role"]?.stringValue, let content = value["content"]?.stringValue else { return nil }
            var trained: Bool?
            if case .bool(let flag)? = value["trained"] { trained = flag }
            result.append(
                Message(
                    role: role, content: content, name: value["name"]?.stringValue, toolCalls: value["tool_calls"],
                    toolCallID: value["tool_call_id"]?.stringValue, reasoning: value["reasoning_content"]?.stringValue,
                    trained: trained))
        }
        return result
    }
}
