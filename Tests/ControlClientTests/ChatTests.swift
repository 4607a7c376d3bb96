import Foundation
import Nouns
import Synchronization
import TestSupport
import Testing

@testable import ControlClient

/// A conversation over a socket, word by word.
struct ChatTests {
    private static let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"

    private static func event(_ text: String, finish: String = "null") -> String {
        "data: {\"id\":\"c\",\"model\":\"v-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},"
            + "\"finish_reason\":\(finish)}]}\n\n"
    }

    /// What is given of an answer that comes in pieces of `size` bytes, and what is thrown.
    private func pieces(_ body: String, size: Int) async throws -> (pieces: [ControlClient.ChatPiece], asked: String) {
        let sandbox = try Sandbox()
        let asked = Mutex("")
        let bytes = Data(body.utf8)
        let server = try SocketServer(sandbox.root + "/s") { connection in
            let head = connection.head()
            let length = head.firstMatch(of: #/content-length: (\d+)/#).flatMap { Int($0.1) } ?? 0
            let body = String(decoding: connection.body(length), as: UTF8.self)
            asked.withLock { $0 = head + body }
            connection.answer(Self.head)
            var rest = bytes[...]
            while !rest.isEmpty {
                connection.answer(Data(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
        }
        defer { withExtendedLifetime(server) {} }
        let client = ControlClient(socket: sandbox.root + "/s")
        var pieces: [ControlClient.ChatPiece] = []
        let question = ChatQuestion(
            model: "tickets", messages: [Message(role: "user", content: "Hi")], temperature: 0, seed: 7, maxTokens: 9)
        try await client.chat(question) { pieces.append($0) }
        return (pieces, asked.withLock { $0 })
    }

    @Test(arguments: [1, 7, 10_000]) func anAnswerComesInPiecesOfAnySize(size: Int) async throws {
        let body = ": still here\n\n" + Self.event("für ") + Self.event("dich", finish: "\"stop\"") + "data: [DONE]\n\n"
        let (pieces, asked) = try await pieces(body, size: size)
        #expect(pieces.map(\.text) == ["für ", "dich"] && pieces.map(\.finish) == [nil, "stop"])
        #expect(pieces.allSatisfy { $0.model == "v-1" })
        #expect(asked.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        for part in [
            "\"model\":\"tickets\"", "\"stream\":true", "\"seed\":7", "\"max_completion_tokens\":9",
            "\"messages\":[{\"content\":\"Hi\",\"role\":\"user\"}]",
        ] { #expect(asked.contains(part), "\(part) in \(asked)") }
    }

    @Test func anErrorInTheMiddleIsThatOfTheDaemon() async throws {
        let error = "{\"message\":\"The worker died.\",\"type\":\"server_error\",\"code\":\"serving.died\"}"
        let fault = "data: {\"error\":\(error)}\n\n"
        let failure = await #expect(throws: Failure.self) { _ = try await pieces(Self.event("a") + fault, size: 100) }
        #expect(failure?.code == "serving.died" && failure?.message == "The worker died.")
    }

    @Test func anAnswerThatBreaksOffSaysSo() async throws {
        let failure = await #expect(throws: Failure.self) { _ = try await pieces(Self.event("a"), size: 100) }
        #expect(failure?.code == "client.answer")
    }
}
