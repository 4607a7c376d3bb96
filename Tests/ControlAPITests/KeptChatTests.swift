import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Testing

@testable import ControlAPI

/// Answers that are kept, from the question to what people say of them.
struct KeptChatTests {
    private static let question = #""messages":[{"role":"user","content":"What is up?"}],"model":"support""#

    private func chat(_ ask: Ask, _ more: String) async throws -> String {
        let reply = try await ask(.post, "/v1/chat/completions", "{\(Self.question)\(more)}")
        #expect(reply.status == 200, "\(reply.text)")
        return try reply.decoded(JSONValue.self)["id"]?.stringValue ?? ""
    }

    private func ids(_ ask: Ask, _ query: String = "") async throws -> [String] {
        let page = try await ask(.get, "/v1/chat/completions" + query).decoded(JSONValue.self)
        return page["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
    }

    @Test func whatIsAskedToBeKeptIsKeptWithItsMetadata() async throws {
        let ask = Ask(try OperationsScene(model: { _ in "The sky." }))
        _ = try await chat(ask, "")
        _ = try await chat(ask, #","store":false"#)
        let id = try await chat(ask, #","store":true,"metadata":{"channel":"mail"}"#)
        #expect(try await ids(ask) == [id])
        #expect(try await ids(ask, "?metadata%5Bchannel%5D=mail&model=tiny") == [id])
        #expect(try await ids(ask, "?metadata[channel]=fax") == [])
        let shown = try await ask(.get, "/v1/chat/completions/\(id)").decoded(JSONValue.self)
        #expect(shown["metadata"] == ["channel": "mail"] && shown["object"] == "chat.completion")
        #expect(shown["choices"]?.arrayValue?.first?["message"]?["content"] == "The sky.")
        let changed = try await ask(.post, "/v1/chat/completions/\(id)", #"{"metadata":{"seen":"yes"}}"#)
        #expect(try changed.decoded(JSONValue.self)["metadata"] == ["seen": "yes"])
        let messages = try await ask(.get, "/v1/chat/completions/\(id)/messages").decoded(JSONValue.self)
        #expect(messages["data"]?.arrayValue?.compactMap { $0["content"] } == ["What is up?"])
        #expect(messages["has_more"] == false)
    }

    @Test func aStreamIsKeptAsAWholeAnswerIs() async throws {
        let ask = Ask(try OperationsScene(model: { _ in "The sky." }))
        let reply = try await ask(.post, "/v1/chat/completions", #"{\#(Self.question),"store":true,"stream":true}"#)
        #expect(reply.text.contains("[DONE]"))
        let id = try #require(try await ids(ask).first)
        let shown = try await ask(.get, "/v1/chat/completions/\(id)").decoded(JSONValue.self)
        #expect(shown["choices"]?.arrayValue?.first?["message"]?["content"] == "The sky.")
    }

    @Test func aRatingIsSaidOnceAndGoesWithItsAnswer() async throws {
        let scene = try OperationsScene(model: { _ in "The sky." })
        let ask = Ask(scene)
        let id = try await chat(ask, #","store":true"#)
        for _ in 0..<2 {
            let reply = try await ask(
                .post, "/v1/feedback", #"{"completion_id":"\#(id)","rating":"bad","correction":"The ceiling."}"#)
            #expect(reply.status == 200)
            #expect(try reply.decoded(FeedbackEntry.self).correction == "The ceiling.")
        }
        let list = try await ask(.get, "/v1/pipelines/support/feedback").decoded([FeedbackEntry].self)
        #expect(list.map(\.completion) == [id] && list.map(\.rating) == [.bad])
        #expect(try await ask(.get, "/metrics").text.contains("finetuned_bad_share{pipeline=\"support\"} 1\n"))
        let gone = try await ask(.delete, "/v1/chat/completions/\(id)").decoded(JSONValue.self)
        #expect(gone == ["id": .string(id), "object": "chat.completion.deleted", "deleted": true])
        #expect(try await ask(.get, "/v1/pipelines/support/feedback").text == "[]")
        for (method, path, body) in [
            ("GET", "/v1/chat/completions/\(id)", ""), ("DELETE", "/v1/chat/completions/\(id)", ""),
            ("POST", "/v1/feedback", #"{"completion_id":"\#(id)","rating":"good"}"#),
        ] {
            let reply = try await ask(.init(rawValue: method) ?? .get, path, body)
            #expect(reply.status == 404)
            #expect(try reply.failure().code == "completion.deleted")
        }
    }
}
