import Foundation
import Nouns

/// The row that a rated completion becomes. Pure.
package struct FeedbackRow: Hashable, Sendable {
    /// What is dropped: a line of JSON.
    package let line: Data
    /// Who had it made.
    package let raters: [String]

    /// Nil where nothing is to be learnt from it: nobody rated it, it is only bad, or approvals are not used.
    ///
    /// - Parameters:
    ///   - usesApproved: whether a good answer is a row, too.
    ///   - asPair: whether a correction is a pair of the better and the worse answer.
    package init?(_ stored: StoredCompletion, usesApproved: Bool, asPair: Bool) {
        // Calls of tools are no text that a person corrects.
        guard stored.answer.toolCalls == nil else { return nil }
        let corrections = stored.ratings.filter { $0.correction != nil }
        if let last = corrections.max(by: { $0.at < $1.at }), let correction = last.correction {
            raters = [last.by]
            line = Self.text(stored, correction, rejected: asPair ? stored.answer.content : nil)
        } else if usesApproved, !stored.ratings.isEmpty, stored.ratings.allSatisfy(\.isGood) {
            raters = stored.ratings.map(\.by)
            line = Self.text(stored, stored.answer.content, rejected: nil)
        } else {
            return nil
        }
    }

    /// The text of a conversation that is one question; as such it may have been dropped as a prompt.
    private static func single(_ stored: StoredCompletion) -> String? {
        guard stored.messages.count == 1, let first = stored.messages.first, first.role == "user", stored.tools == nil
        else { return nil }
        return first.content
    }

    private static func text(_ stored: StoredCompletion, _ answer: String, rejected: String?) -> Data {
        var row: [String: JSONValue] = [:]
        func turn(_ text: String) -> JSONValue { .array([["role": "assistant", "content": .string(text)]]) }
        if let rejected {
            row["prompt"] = .array(stored.messages.map(message))
            row["chosen"] = turn(answer)
            row["rejected"] = turn(rejected)
        } else if let prompt = single(stored) {
            row["prompt"] = .string(prompt)
            row["completion"] = .string(answer)
        } else {
            row["messages"] = .array(
                stored.messages.map(message) + [["role": "assistant", "content": .string(answer)]])
        }
        if let tools = stored.tools { row["tools"] = .string(tools) }
        // Its way back to the answer.
        row["feedback"] = .string(stored.id)
        // A tree of texts and lists is always written.
        return (try? ContractCoding.encode(JSONValue.object(row))) ?? Data()
    }

    /// A turn as it was sent. Former answers are not learnt: nobody has said that they are good.
    private static func message(_ message: Message) -> JSONValue {
        var members: [String: JSONValue] = ["role": .string(message.role), "content": .string(message.content)]
        members["name"] = message.name.map { .string($0) }
        members["tool_calls"] = message.toolCalls
        members["tool_call_id"] = message.toolCallID.map { .string($0) }
        members["reasoning_content"] = message.reasoning.map { .string($0) }
        if message.role == "assistant" { members["weight"] = 0 }
        return .object(members)
    }
}
