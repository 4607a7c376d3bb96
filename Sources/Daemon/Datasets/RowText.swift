import Contracts
import Foundation
import Platform
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

    /// About how large the texts of a row are, in bytes.
    package static func bytes(_ content: RowContent) -> Int {
        func size(_ messages: [Message]) -> Int { messages.reduce(0) { $0 + $1.content.utf8.count + 64 } }
        return switch content {
        case .completion(let prompt, let completion): prompt.utf8.count + completion.utf8.count
        case .text(let text): text.utf8.count
        case .chat(let messages, _): size(messages)
        case .preference(let prompt, let chosen, let rejected): size(prompt) + size(chosen) + size(rejected)
        }
    }

    /// What is asked and what is answered, by which rows are compared and counted.
    package static func whole(_ content: RowContent) -> String {
        if case .text(let text) = content { return text }
        return RowIdentity.prompt(content) + "\n" + answer(content)
    }

    /// Key of the answer: white space and case do not make another answer.
    package static func answerKey(_ content: RowContent) -> String {
        String(Digest.sha256(Data(RowIdentity.normalised(answer(content)).utf8)).prefix(16))
    }
}
