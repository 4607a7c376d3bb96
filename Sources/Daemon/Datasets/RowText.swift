import Foundation
import Nouns
import RowFormats

/// A row as text: what is asked, what is answered.
package enum RowText {
    /// What the model is to answer; the whole of a plain text.
    package static func answer(_ content: RowContent) -> String {
        switch content {
        case .completion(_, let completion): completion
        case .text(let text): text
        case .preference(_, let chosen, _): chosen.map(\.content).joined(separator: "\n")
        case .chat(let messages, _):
            messages.last { $0.role == "assistant" }.map { message in
                message.content.isEmpty ? message.toolCalls.map { "\($0)" } ?? "" : message.content
            } ?? ""
        }
    }

    /// What is asked and what is answered, by which rows are compared and counted.
    package static func whole(_ content: RowContent) -> String {
        if case .text(let text) = content { return text }
        return RowIdentity.prompt(content) + "\n" + answer(content)
    }

    /// Key of the answer: white space and case do not make another answer.
    package static func answerKey(_ content: RowContent) -> String { RowIdentity.key(answer(content)) }
}
