import ControlClient
import Foundation
import Nouns
import Reports

/// What was said so far, and where the next turn comes from.
struct Conversation {
    private(set) var messages: [Message]
    let isJSON: Bool
    /// Whether a person types, who is shown where.
    let showsPrompt: Bool

    /// Whether the last turn is the person's, so that the model's is next.
    var awaitsAnswer: Bool { messages.last?.role == "user" }

    /// What is typed, or the next line of standard input; nil at its end.
    func next() -> String? {
        while true {
            if showsPrompt { Terminal.write(Data("> ".utf8)) }
            guard let line = readLine() else {
                if showsPrompt { Terminal.line("") }
                return nil
            }
            if !line.trimmingCharacters(in: .whitespaces).isEmpty { return line }
        }
    }

    mutating func add(_ line: String) { messages.append(Message(role: "user", content: line)) }

    /// Takes an answer into the conversation, and ends its line.
    mutating func add(_ answer: ConversationAnswer) throws {
        messages.append(Message(role: "assistant", content: answer.text))
        if isJSON {
            return Terminal.line(String(decoding: try ContractCoding.encode(answer), as: UTF8.self))
        }
        let ending: String? =
            switch answer.finish {
            case "length": "[cut after the most tokens that an answer may have: --max-new-tokens]"
            case "interrupted": "[stopped]"
            default: nil
            }
        Terminal.line(ending.map { (answer.text.isEmpty ? "" : "\n") + $0 } ?? "")
    }
}

/// An answer as it came.
struct ConversationAnswer: Encodable, Sendable {
    var text = ""
    /// `stop`, `length`, `tool_calls`, or `interrupted`.
    var finish: String?
    /// The version that answered.
    var model: String?

    mutating func add(_ piece: ControlClient.ChatPiece) {
        text += piece.text
        finish = piece.finish ?? finish
        model = piece.model
    }
}
