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

    /// Key of the answer: white space and case do not make another answer.
    package static func answerKey(_ content: RowContent) -> String {
        String(Digest.sha256(Data(RowIdentity.normalised(answer(content)).utf8)).prefix(16))
    }
}
