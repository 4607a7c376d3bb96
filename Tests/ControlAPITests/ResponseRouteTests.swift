import ControlProtocol
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import Serving
import TestSupport
import Testing
import WorkerProtocol

@testable import ControlAPI

/// OpenAI's newer route, with a model that is within the test.
struct ResponseRouteTests {
    private static let path = "/v1/responses"
    private static let body =
        #"{"model":"tiny","instructions":"Be brief.","max_output_tokens":9,"metadata":{"a":"b"},"#
        + #""input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]"#

    @Test(arguments: [("response-whole", "stop", ""), ("response-cut", "length", #","top_logprobs":1"#)])
    func wholeAndStreamedAnswersAreThese(name: String, finish: String, members: String) async throws {
        let token = ServingToken(
            id: 1, bytes: [0x61], logprob: -1, top: [ServingToken(id: 2, bytes: [0x62], logprob: -0.5)])
        let tokens = members.isEmpty ? nil : [token]
        let model = ScriptedModel([
            .began(5, cached: 2), .said("a", tokens: tokens), .said("b"), .ended(finish, tokens: 2),
        ])
        let ask = Ask(try OperationsScene(serving: model))
        var texts: [String] = []
        for more in ["}", #","stream":true}"#] {
            let reply = try await ask(.post, Self.path, Self.body + members + more)
            #expect(reply.status == 200)
            texts.append(
                reply.text.replacing(/"created_at":\d+/, with: #""created_at":0"#)
                    .replacing(/(resp|msg)_[0-9a-f]{24}/) { "\($0.output.1)_0" })
        }
        let difference = try Golden("ControlAPITests/Golden").difference(
            name, input: Self.body + members + "}", output: texts.joined(separator: "\n\n"))
        #expect(difference == nil)
    }

    /// The same conversation reaches the model by both routes.
    @Test func itAsksWhatChatAsks() async throws {
        let model = ScriptedModel([.began(1), .ended()])
        let ask = Ask(try OperationsScene(serving: model))
        let chat = #"[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]"#
        for (path, body) in [
            (Self.path, Self.body + "}"),
            ("/v1/chat/completions", #"{"model":"tiny","max_tokens":9,"messages":\#(chat)}"#),
        ] { #expect(try await ask(.post, path, body).status == 200) }
        let requests = model.requests
        #expect(requests.count == 2)
        #expect(requests[0].question == requests[1].question && requests[0].drawing == requests[1].drawing)
    }

    /// A body each.
    private static let wrong = """
        {"model": "tiny"}
        {"model": "tiny", "input": 7}
        {"model": "tiny", "input": []}
        {"model": "tiny", "input": [{"type": "item_reference", "id": "x"}]}
        {"model": "tiny", "input": [{"role": "user", "content": [{"type": "input_image"}]}]}
        {"model": "tiny", "input": "a", "previous_response_id": "resp_1"}
        {"model": "tiny", "input": "a", "conversation": "c"}
        {"model": "tiny", "input": "a", "background": true}
        {"model": "tiny", "input": "a", "tools": [{"type": "web_search"}]}
        {"model": "tiny", "input": "a", "truncation": "auto"}
        {"model": "tiny", "input": "a", "text": {"format": {"type": "json_schema", "name": "x"}}}
        """

    @Test func everyWrongBodyIsRefusedByTheNameOfItsField() async throws {
        let difference = try Golden("ControlAPITests/Golden").difference(
            "wrong-responses", input: Self.wrong,
            output: try await Ask(try OperationsScene()).refusals(Self.path, Self.wrong))
        #expect(difference == nil)
    }
}
