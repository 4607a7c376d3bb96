import Foundation
import Nouns
import Platform

/// Reads one line of a golden set.
enum GoldenReader {
    private static let known: Set = ["prompt", "messages", "tools", "completion", "assert", "required", "name"]

    /// `{"prompt": …}` or `{"messages": […]}`, with `completion` and `assert`. Throws a Failure without a place.
    static func row(_ line: Data, file: String, line number: Int) throws -> GoldenRow {
        let value: JSONValue
        do { value = try JSONDecoder().decode(JSONValue.self, from: line) } catch {
            throw fault("The line is not JSON.")
        }
        guard var members = value.objectValue else { throw fault("The line is JSON, but not an object.") }
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
        let (content, reference) = try content(members, completion)
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
    private static func content(_ members: [String: JSONValue], _ completion: String?) throws -> (RowContent, String) {
        switch (members["prompt"], members["messages"]) {
        case (.string(let prompt)?, nil):
            return (.completion(prompt: prompt, completion: completion ?? ""), completion ?? "")
        case (nil, .array(let list)?):
            var messages = try list.enumerated().map { index, value in
                do {
                    var message = try ContractCoding.decode(Message.self, from: try ContractCoding.encode(value))
                    message.trained = false
                    return message
                } catch { throw fault("The message \(index) is not {\"role\": …, \"content\": …}.") }
            }
            if completion == nil, messages.last?.role == "assistant" {
                messages[messages.count - 1].trained = true
            } else {
                messages.append(Message(role: "assistant", content: completion ?? "", trained: true))
            }
            guard messages.count > 1 else { throw fault("The conversation asks nothing.") }
            return (.chat(messages: messages, tools: members["tools"]), messages[messages.count - 1].content)
        default:
            throw fault(
                "The row has not exactly one of 'prompt' and 'messages'.",
                "Write {\"prompt\": …, \"assert\": […]} or {\"messages\": […], \"assert\": […]}.")
        }
    }

    private static func fault(_ message: String, _ remedy: String = "Mend the line.") -> Failure {
        Failure(code: "golden.row", message, remedy: remedy)
    }
}
