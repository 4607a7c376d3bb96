import Foundation
import Nouns

/// Messages of a file, or prompts.
enum ConversationFile {
    /// A JSON list of messages, or one message a line. Throws a Failure that names the file and the line.
    static func read(_ path: String) throws -> [Message] {
        let text = try text(path)
        if text.first(where: { !$0.isWhitespace }) == "[" {
            do { return try ContractCoding.decode([Message].self, from: Data(text.utf8)) } catch {
                throw Self.wrong(path, "It is no JSON list of messages.")
            }
        }
        return try lines(text).map { number, line in
            do { return try ContractCoding.decode(Message.self, from: Data(line.utf8)) } catch {
                throw Self.wrong("\(path):\(number)", "The line is no message.")
            }
        }
    }

    /// The prompts of a file with one JSON object a line, each with what is wanted where it says so. Throws a Failure
    /// that names the file and the line.
    static func prompts(_ path: String) throws -> [(prompt: String, wanted: String?)] {
        struct Row: Decodable {
            var prompt: String
            var completion: String?
        }
        return try lines(try text(path)).map { number, line in
            guard let row = try? ContractCoding.decode(Row.self, from: Data(line.utf8)) else {
                throw Failure(
                    code: "client.file", "The line has no prompt.", at: "\(path):\(number)",
                    remedy: "Write one object a line: {\"prompt\": \"…\"}, with \"completion\" where you know it.")
            }
            return (row.prompt, row.completion)
        }
    }

    private static func text(_ path: String) throws -> String {
        if path == StandardInput.mark { return try StandardInput.text() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                code: "client.file", "The file cannot be read.", at: path, remedy: "Check the path and its permissions."
            )
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func lines(_ text: String) -> [(number: Int, line: Substring)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { ($0.offset + 1, $0.element) }
            .filter { !$0.1.allSatisfy(\.isWhitespace) }
    }

    private static func wrong(_ place: String, _ what: String) -> Failure {
        Failure(
            code: "client.file", what, at: place,
            remedy: "A message is an object such as {\"role\": \"user\", \"content\": \"Hello\"}.")
    }
}
