import JSONText
import Nouns

/// What a turn may have beside its text: masks, thinking and calls of tools.
extension ShapeReader {
    /// Keys by which people say whether a turn is to be learnt.
    static let maskKeys: Set = ["weight", "train", "trained", "loss", "loss_mask", "loss_scale", "learn"]

    /// Whether a value holds nothing.
    static func isEmpty(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?, .string("")?, .array([])?: true
        case .object(let members)?: members.isEmpty
        default: false
        }
    }

    /// Whether a turn is to be learnt, as any of its masks says; nil where none does. One that says no is enough.
    mutating func mask(_ turn: [String: JSONValue], _ role: String?, _ pointer: String) -> Bool? {
        var result: Bool?
        for key in Self.maskKeys.sorted() {
            guard let value = turn[key], value != .null else { continue }
            let isOn: Bool
            switch value {
            case .bool(let flag): isOn = flag
            case .integer(0), .number(0): isOn = false
            case .integer(1), .number(1): isOn = true
            default:
                problems.add(
                    line, .invalidWeight,
                    "'\(key)' is neither 0 or false nor 1 or true: turns are learnt whole or not.",
                    "Use one of these.", pointer + "/" + key)
                continue
            }
            if isOn, role != "assistant" {
                problems.add(
                    line, .invalidWeight, "'\(key)' asks to learn a turn that is not the assistant's.",
                    "Set it to false, or remove it.", pointer + "/" + key)
            }
            if role == "assistant" { result = (result ?? true) && isOn }
        }
        return result
    }

    /// What the assistant thinks, where the turn keeps it apart.
    mutating func reasoning(_ turn: [String: JSONValue], _ pointer: String) -> String? {
        for key in Message.reasoningKeys {
            guard let value = turn[key], !Self.isEmpty(value) else { continue }
            guard let text = value.stringValue else {
                problems.add(
                    line, .dataType, "'\(key)' is \(RowReader.kind(value)), not a text.", "Put it in quotes.",
                    pointer + "/" + key)
                return nil
            }
            inspect(text, pointer + "/" + key)
            return text
        }
        return nil
    }

    /// The calls of a message in OpenAI's form, each with its arguments as JSON text, spelt as they are at `place`.
    mutating func canonical(_ calls: [JSONValue], _ place: String, isOld: Bool = false) -> JSONValue? {
        canonical(
            calls.enumerated().map { index, call in
                // The older form is the function itself.
                guard isOld, case .object(let members) = source.tree(place, call["function"] ?? call) else {
                    return source.tree("\(place)/\(index)", call)
                }
                return .object(members)
            }, place)
    }

    /// The same of calls as they are written.
    mutating func canonical(_ calls: [JSONTree], _ place: String) -> JSONValue? {
        var result: [JSONValue] = []
        for (index, call) in calls.enumerated() {
            let function = call["function"]?.members == nil ? call : call["function"] ?? call
            guard let name = function["name"]?.string, !name.isEmpty else {
                problems.add(
                    line, .invalidToolCall, "The call names no function.",
                    "Write {\"type\": \"function\", \"function\": {\"name\": …, \"arguments\": …}}.",
                    "\(place)/\(index)")
                continue
            }
            guard let arguments = arguments(function, "\(place)/\(index)") else { continue }
            var members: [String: JSONValue] = [
                "type": "function", "function": .object(["name": .string(name), "arguments": .string(arguments)]),
            ]
            if let id = call["id"]?.string { members["id"] = .string(id) }
            result.append(.object(members))
        }
        return result.isEmpty ? nil : .array(result)
    }

    /// The arguments of a call as JSON text; nil where they are no object.
    private mutating func arguments(_ function: JSONTree, _ pointer: String) -> String? {
        let given = function["arguments"] ?? function["parameters"]
        let problem: String
        switch given {
        case nil, .null?: return "{}"
        case .object?: return given?.text
        case .string(let text)?:
            if text.trimmingSpaces.isEmpty { return "{}" }
            do throws(JSONTextFault) {
                if try JSONTree.parse(text).members != nil { return text }
                problem = "they are no object"
            } catch { problem = error.problem }
        default: problem = "they are neither an object nor a text"
        }
        problems.add(
            line, .invalidToolCall, "The arguments of the call are no JSON object: \(problem).",
            "Write {\"type\": \"function\", \"function\": {\"name\": …, \"arguments\": {…}}}.", pointer)
        return nil
    }

    // MARK: Tools

    /// The content with the tools of the row: text that asks becomes a conversation, since templates write tools into
    /// those alone.
    mutating func withTools(_ content: RowContent) -> RowContent {
        guard let tools = tools(in: ["tools", "functions"].map { ($0, row[$0]) }) else { return content }
        switch content {
        case .chat(let messages, _): return .chat(messages: messages, tools: tools)
        case .completion(let prompt, let completion) where label == nil:
            return .chat(
                messages: [Message(role: "user", content: prompt), Message(role: "assistant", content: completion)],
                tools: tools)
        default:
            problems.add(
                line, .invalidTools, "The row has tools, but asks nothing of an assistant.",
                "Write it as messages, or take the tools out.", "/tools")
            return content
        }
    }

    /// The tools of a preference row, beside its answers or in OpenAI's `input`, as JSON text; nil where there are
    /// none.
    mutating func toolsOfPair() -> JSONValue? {
        tools(in: [
            ("tools", row["tools"]), ("functions", row["functions"]), ("input/tools", row["input"]?["tools"]),
        ])
    }

    /// `tools`, or the older `functions`, as JSON text; nil where there are none.
    private mutating func tools(in places: [(key: String, given: JSONValue?)]) -> JSONValue? {
        var tools: [JSONTree] = []
        for (key, given) in places {
            guard let given, !Self.isEmpty(given) else { continue }
            for tool in list(given, key) ?? [] {
                let function = tool["function"]?.members == nil ? tool : tool["function"] ?? tool
                guard function["name"]?.string?.isEmpty == false else {
                    problems.add(
                        line, .invalidTools, "A tool of '\(key)' has no name.",
                        "Write {\"type\": \"function\", \"function\": {\"name\": …, \"parameters\": …}}.", "/\(key)")
                    continue
                }
                tools.append(
                    key != "functions"
                        ? tool : .object([.init("type", .string("function")), .init("function", tool)]))
            }
        }
        return tools.isEmpty ? nil : .string(JSONTree.array(tools).text)
    }

    /// A list that is given as such or as JSON text.
    private mutating func list(_ given: JSONValue, _ key: String) -> [JSONTree]? {
        let tree: JSONTree
        if let text = given.stringValue {
            do throws(JSONTextFault) { tree = try JSONTree.parse(text) } catch {
                problems.add(
                    line, .invalidTools, "'\(key)' is a text, but not JSON: \(error.problem).",
                    "Write a list of tools.",
                    "/\(key)")
                return nil
            }
        } else {
            tree = source.tree("/\(key)", given)
        }
        if case .null = tree { return nil }
        guard let list = tree.array else {
            problems.add(
                line, .invalidTools, "'\(key)' is no list.", "Write a list of tools.", "/\(key)")
            return nil
        }
        return list
    }
}
