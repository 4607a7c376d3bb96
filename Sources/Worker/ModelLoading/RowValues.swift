import ChatTemplates
import Encoding
import JSONText
import Nouns

/// Makes what a template sees of a row, numbering its texts so that it can be said which of them the template wrote.
struct RowValues {
    private var last: Int32 = 0

    private mutating func number() -> Int32 {
        last += 1
        return last
    }

    /// A message as the template sees it. Keys are in OpenAI's order, which templates write out as they are.
    mutating func turn(_ message: Message, at index: Int, trained: Bool) throws -> ChatTurn {
        var fields = TemplateDictionary()
        var parts: [RowPart] = []
        let place = "message \(index + 1) (\(message.role))"
        try fields.set("role", .data(message.role))
        try fields.set("content", text(message.content, "the content of \(place)", &parts))
        if let reasoning = message.reasoning {
            let number = number()
            parts.append(RowPart(source: number, name: "the thinking of \(place)", isThinking: true))
            try fields.set("reasoning_content", .data(reasoning, source: number))
        }
        if let name = message.name { try fields.set("name", .data(name)) }
        if let calls = message.toolCalls {
            let list = try (calls.arrayValue ?? []).enumerated().map { number, call in
                try self.call(JSONTree(call), "call \(number + 1) of \(place)", &parts)
            }
            try fields.set("tool_calls", .list(try TemplateList(list)))
        }
        if let id = message.toolCallID { try fields.set("tool_call_id", .data(id)) }
        return ChatTurn(fields: fields, isTrained: trained, parts: parts)
    }

    /// The tools of a row: a list as JSON text or, in rows of earlier versions, as such.
    mutating func tools(_ given: JSONValue?) throws -> ToolList {
        guard let given, given != .null else { return .none }
        let tree: JSONTree
        if let text = given.stringValue { tree = try JSONTree.parse(text) } else { tree = JSONTree(given) }
        var parts: [RowPart] = []
        let list = try (tree.array ?? []).enumerated().map { index, tool in
            let name = (tool["function"]?["name"] ?? tool["name"])?.string
            let place = "the tool \(name ?? String(index + 1))"
            let number = number()
            parts.append(RowPart(source: number, name: place))
            return try value(tool, source: number)
        }
        guard !list.isEmpty else { return .none }
        return ToolList(value: .list(try TemplateList(list)), parts: parts)
    }

    /// A text of data that must be written, unless it is blank.
    private mutating func text(_ text: String, _ name: String, _ parts: inout [RowPart]) -> TemplateValue {
        guard !text.allSatisfy(\.isWhitespace) else { return .data(text) }
        let number = number()
        parts.append(RowPart(source: number, name: name))
        return .data(text, source: number)
    }

    /// A call with its arguments as an object, which is what templates expect.
    private mutating func call(_ call: JSONTree, _ place: String, _ parts: inout [RowPart]) throws -> TemplateValue {
        var function = TemplateDictionary()
        let name = (call["function"]?["name"])?.string ?? ""
        try function.set("name", text(name, "the name of \(place)", &parts))
        let given = call["function"]?["arguments"]
        let arguments: JSONTree
        if let text = given?.string { arguments = try JSONTree.parse(text) } else { arguments = given ?? .object([]) }
        let number = number()
        if arguments.members?.isEmpty == false {
            parts.append(RowPart(source: number, name: "the arguments of \(place)"))
        }
        try function.set("arguments", try value(arguments, keys: number, texts: &parts, place))
        var fields = TemplateDictionary()
        if let id = call["id"]?.string { try fields.set("id", .data(id)) }
        try fields.set("type", .data(call["type"]?.string ?? "function"))
        try fields.set("function", .dictionary(function))
        return .dictionary(fields)
    }

    /// The value of a document whose texts must all be written.
    private mutating func value(_ tree: JSONTree, keys: Int32, texts: inout [RowPart], _ place: String) throws
        -> TemplateValue
    {
        switch tree {
        case .string(let text): return self.text(text, "a text in the arguments of \(place)", &texts)
        case .array(let elements):
            return .list(try TemplateList(elements.map { try value($0, keys: keys, texts: &texts, place) }))
        case .object(let members):
            var dictionary = TemplateDictionary()
            for member in members {
                try dictionary.setData(
                    member.key, source: keys, try value(member.value, keys: keys, texts: &texts, place))
            }
            return .dictionary(dictionary)
        default: return Self.plain(tree)
        }
    }

    /// The value of a document, all of whose keys and texts have one number.
    private func value(_ tree: JSONTree, source: Int32) throws -> TemplateValue {
        switch tree {
        case .string(let text): return .data(text, source: source)
        case .array(let elements): return .list(try TemplateList(elements.map { try value($0, source: source) }))
        case .object(let members):
            var dictionary = TemplateDictionary()
            for member in members {
                try dictionary.setData(member.key, source: source, try value(member.value, source: source))
            }
            return .dictionary(dictionary)
        default: return Self.plain(tree)
        }
    }

    /// A value that has no text of its own. A number is whole only where it is spelt so, as in Python.
    private static func plain(_ tree: JSONTree) -> TemplateValue {
        switch tree {
        case .bool(let flag): .bool(flag)
        case .number(let spelling):
            Int(spelling).map { .int($0) } ?? Double(spelling).map { .double($0) } ?? .data(spelling)
        case .string(let text): .data(text)
        case .null, .array, .object: .none
        }
    }
}
