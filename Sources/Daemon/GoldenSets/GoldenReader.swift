import Foundation
import JSONText
import Nouns
import Platform
import RowFormats

/// Reads one line of a golden set.
enum GoldenReader {
    private static let known: Set = [
        "prompt", "messages", "tools", "functions", "completion", "assert", "required", "name",
    ]

    /// `{"prompt": …}` or `{"messages": […]}`, with `completion` and `assert`; what a training row may have is read as
    /// it is there. Throws a Failure without a place.
    static func row(_ line: Data, file: String, line number: Int) throws -> GoldenRow {
        var bytes = Array(line)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        let (value, tree): (JSONValue, JSONTree)
        do throws(JSONTextFault) {
            value = try JSONText.parse(bytes).value
            tree = try JSONTree.parse(String(decoding: bytes, as: UTF8.self))
        } catch { throw fault("The line is not JSON: \(error.problem).") }
        guard var members = value.objectValue?.filter({ $0.value != .null }) else {
            throw fault("The line is JSON, but not an object.")
        }
        let name =
            try members["name"].map { value in
                guard let text = value.stringValue, !text.isEmpty else { throw fault("'name' is not a text.") }
                return text
            } ?? "\(file):\(number)"
        var isRequired = true
        if let value = members["required"] {
            guard case .bool(let flag) = value else { throw fault("'required' is neither true nor false.") }
            isRequired = flag
        }
        let completion = try members["completion"].map { value in
            guard let text = value.stringValue else { throw fault("'completion' is not a text.") }
            return text
        }
        let (content, reference) = try content(tree, members, completion)
        let asked: [JSONValue]
        switch members["assert"] {
        case nil:
            guard !reference.isEmpty else {
                throw fault(
                    "The row has neither 'assert' nor a wanted answer, so nothing could break.",
                    "Add \"assert\": [{\"contains\": \"…\"}] or a completion.")
            }
            asked = [.object(["exact": .string(reference)])]
        case .array(let list)?:
            guard !list.isEmpty else { throw fault("'assert' is an empty list, so nothing could break.") }
            asked = list
        case let one?: asked = [one]
        }
        let assertions = try asked.map(Assertion.init)
        for key in known where key != "assert" && key != "required" { members[key] = nil }
        members[GoldenRow.assertionsField] = .array(asked)
        members[GoldenRow.requiredField] = .bool(isRequired)
        members[GoldenRow.nameField] = .string(name)
        if case .completion(let prompt, _) = content, prompt.allSatisfy(\.isWhitespace) {
            throw fault("The prompt is empty.")
        }
        let digest = Digest.sha256(try ContractCoding.encode(content))
        let row = Row(
            id: RowID(String(digest.prefix(32))), content: content, split: .gate, promptKey: String(digest.prefix(16)),
            fields: members, drop: "golden",
            line: number)
        return GoldenRow(row: row, assertions: assertions, isRequired: isRequired, name: name)
    }

    /// The question with the wanted answer as its last turn, empty where there is none.
    private static func content(_ tree: JSONTree, _ members: [String: JSONValue], _ completion: String?) throws -> (
        RowContent, String
    ) {
        guard (members["prompt"] == nil) != (members["messages"] == nil) else {
            throw fault(
                "The row has not exactly one of 'prompt' and 'messages'.",
                "Write {\"prompt\": …, \"assert\": […]} or {\"messages\": […], \"assert\": […]}.")
        }
        // Read as a training row, with something in the place of an answer that is not given.
        let stand = JSONTree.string(completion.flatMap { $0.isEmpty ? nil : $0 } ?? "?")
        var row: [JSONTree.Member] = ["tools", "functions"].compactMap { key in
            tree[key].map { JSONTree.Member(key, $0) }
        }
        var hasOwnAnswer = false
        if let list = tree["messages"]?.array ?? tree["prompt"]?.array {
            let isAnswered = completion == nil && list.last?["role"]?.string == "assistant"
            let turn = JSONTree.object([.init("role", .string("assistant")), .init("content", stand)])
            guard list.count > (isAnswered ? 1 : 0) else { throw fault("The conversation asks nothing.") }
            row.append(.init("messages", .array(isAnswered ? list : list + [turn])))
            hasOwnAnswer = isAnswered
        } else if let prompt = tree["prompt"] ?? tree["messages"] {
            row += [.init(members["prompt"] == nil ? "messages" : "prompt", prompt), .init("completion", stand)]
        }
        var reader = RowReader()
        let parsed: RowReader.Parsed
        switch reader.read(Record(line: 1, body: .json(Array(JSONTree.object(row).text.utf8)))) {
        case .success(let row): parsed = row
        case .failure(let problems):
            let problem = problems.list.first { $0.severity == .error }
            let place = problem.map { $0.pointer.isEmpty ? "" : "At \($0.pointer): " } ?? ""
            throw fault(place + (problem?.message ?? "The row cannot be read."), problem?.fix ?? "Mend the line.")
        }
        switch parsed.content {
        case .completion(let prompt, _):
            return (.completion(prompt: prompt, completion: completion ?? ""), completion ?? "")
        case .chat(var messages, let tools):
            for index in messages.indices { messages[index].trained = index == messages.count - 1 }
            if !hasOwnAnswer { messages[messages.count - 1].content = completion ?? "" }
            return (.chat(messages: messages, tools: tools), messages[messages.count - 1].content)
        case .text, .preference: throw fault("The row asks nothing of an assistant.")
        }
    }

    private static func fault(_ message: String, _ remedy: String = "Mend the line.") -> Failure {
        Failure(code: "golden.row", message, remedy: remedy)
    }
}
