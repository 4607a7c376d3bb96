import ControlProtocol
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import Platform
import RowFormats
import Serving
import TestSupport
import Testing
import WorkerProtocol

@testable import ControlAPI

/// Conversations by OpenAI's route, with a model that is within the test.
struct ChatRouteTests {
    private static let path = "/v1/chat/completions"
    private static let plain = #"{"model":"support","messages":[{"role":"user","content":"hi"}]"#

    /// Asks with more members than model and messages; returns the answer as text without what is new each time.
    private func ask(_ model: ScriptedModel, _ members: String = "") async throws -> (Ask.Reply, text: String) {
        let scene = try OperationsScene(serving: model)
        let reply = try await Ask(scene)(.post, Self.path, Self.plain + members + "}")
        return (reply, Self.lasting(reply.text))
    }

    private static func lasting(_ text: String) -> String {
        text.replacing(/"created":\d+/, with: #""created":0"#)
            .replacing(/(chatcmpl-|call_)[0-9a-f]{24}/) { "\($0.output.1)0" }
    }

    private static func token(_ bytes: [UInt8], _ logprob: Float?, _ top: [ServingToken]? = nil) -> ServingToken {
        ServingToken(id: 1, bytes: bytes, logprob: logprob, top: top)
    }

    /// Two choices whose pieces come in any order; the second one ends by its length.
    private static let two: [ServingEvent] = [
        .began(7, cached: 3),
        .said("", choice: 1, tokens: [token([0xC3], -0.5, [token([0x41], -1)])]),
        .said("yes", tokens: [token(Array("yes".utf8), -0.25, [])]),
        .said("é", choice: 1, tokens: [token([0xA9], -.infinity, [])]),
        .ended(tokens: 1, last: token([0x2E], -7)),
        .ended("length", choice: 1, tokens: 2),
    ]

    @Test(arguments: [
        ("chat-two", two, #","n":2,"logprobs":true,"top_logprobs":1"#),
        (
            "chat-calls",
            [
                .began(9), .said("Let me see."), .called("find", #"{"b": 1, "a": 2}"#),
                .called("find", "{}", index: 1), .ended("tool_calls", tokens: 20),
            ], #","tools":[{"type":"function","function":{"name":"find"}}]"#
        ), ("chat-plain", [.began(2), .said("one "), .said("two"), .ended(tokens: 2)], ""),
    ])
    func wholeAndStreamedAnswersAreThese(name: String, events: [ServingEvent], members: String) async throws {
        let whole = try await ask(ScriptedModel(events), members)
        #expect(whole.0.status == 200 && whole.0.headers[.contentType] == "application/json")
        let stream = try await ask(
            ScriptedModel(events), members + #","stream":true,"stream_options":{"include_usage":true}"#)
        #expect(stream.0.headers[.contentType] == "text/event-stream")
        let difference = try Golden("ControlAPITests/Golden").difference(
            name, input: Self.plain + members + "}", output: whole.text + "\n\n" + stream.text)
        #expect(difference == nil)
    }

    @Test func aStreamTellsNoUsageUnlessItIsAskedTo() async throws {
        let (_, text) = try await ask(ScriptedModel([.began(1), .said("a"), .ended()]), #","stream":true"#)
        #expect(!text.contains("usage"))
        #expect(!text.contains(#""choices":[]"#))
        #expect(text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test func theVersionThatAnswersIsNamed() async throws {
        let model = ScriptedModel([.began(1), .ended()])
        let scene = try OperationsScene(serving: model)
        let completion = try await Ask(scene)(.post, Self.path, Self.plain + "}").decoded(ChatCompletion.self)
        // Nothing is served yet: the base answers, and says so.
        #expect(completion.model == "tiny")
        #expect(completion.choices[0].message.content == "")
        #expect(model.requests[0].caller == "test:ada")
    }

    @Test func whatIsAskedReachesTheModel() async throws {
        let model = ScriptedModel([.began(1), .ended()])
        let tools =
            #"[{"type": "function", "function": {"name": "z", "parameters": {"type": "object", "b": {}, "a": {}}}}]"#
        _ = try await ask(
            model,
            #","max_tokens":5,"seed":-1,"stop":"END","temperature":0.5,"top_p":0.9,"logit_bias":{"7":-100},"#
                + #""presence_penalty":1,"frequency_penalty":-1,"response_format":{"type":"json_object"},"#
                + #""tool_choice":{"type":"function","function":{"name":"z"}},"parallel_tool_calls":false,"tools":"#
                + tools)
        let request = try #require(model.requests.first)
        var wanted = ServingDrawing(
            maxNewTokens: 5, temperature: 0.5, topP: 0.9, seed: .max, stop: ["END"],
            format: ServingFormat(schema: ["type": "object"]))
        (wanted.bias, wanted.presencePenalty, wanted.frequencyPenalty) = (["7": -100], 1, -1)
        (wanted.toolChoice, wanted.toolName, wanted.parallelCalls) = (.named, "z", false)
        #expect(request.drawing == wanted)
        // The template writes tools out as they were sent.
        #expect(request.question.tools?.stringValue == tools)
        let usual = ScriptedModel([.began(1), .ended()])
        _ = try await ask(usual)
        #expect(usual.requests.first?.drawing == ServingDrawing(temperature: 1))
    }

    /// What a row of training holds is read from a request to the same messages.
    @Test func messagesAreReadAsRowsAre() async throws {
        let turns = """
            {"role":"developer","content":[{"type":"text","text":"Be "},{"type":"text","text":"kind."}]},
            {"role":"user","name":"ada","content":"What is it?"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
             "function":{"name":"find","arguments":"{\\"b\\": 1, \\"a\\": 2.0}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"It is warm."},
            {"role":"assistant","reasoning_content":"hm","content":null,"refusal":"I will not."},
            {"role":"user","content":"Why?"}
            """.replacing("\n", with: "")
        let model = ScriptedModel([.began(1), .ended()])
        let body = #"{"model":"tiny","messages":["# + turns + "]}"
        let reply = try await Ask(try OperationsScene(serving: model))(.post, Self.path, body)
        #expect(reply.status == 200, "\(reply.text)")
        let line = #"{"messages":["# + turns + #",{"role":"assistant","content":"So."}]}"#
        var reader = RowReader()
        let row = try reader.read(Record(line: 1, body: .json(Array(line.utf8)))).get()
        guard case .chat(let messages, _) = row.content else {
            Issue.record("no conversation")
            return
        }
        #expect(model.requests.first?.question.messages == Array(messages.dropLast()))
    }

    @Test func whatIsWrongIsSaidBeforeTheFirstByte() async throws {
        let model = ScriptedModel { _, feed in
            feed.finish(
                throwing: Failure(
                    code: "request.context", "The prompt has 900 tokens, and the context is 512.", at: "question",
                    remedy: "Shorten it."))
        }
        for members in ["", #","stream":true"#] {
            let reply = try await ask(model, members).0
            let error = try reply.decoded(ErrorAnswer.self).error
            #expect(reply.status == 400 && error.code == "context_length_exceeded" && error.param == "messages")
        }
    }

    @Test func whatFailsLaterIsToldWithinTheStream() async throws {
        let model = ScriptedModel { _, feed in
            for event in [ServingEvent.began(1), .said("a")] { feed.yield(event) }
            feed.finish(throwing: Failure(code: "serving.died", "It died."))
        }
        let (_, text) = try await ask(model, #","stream":true"#)
        #expect(text.contains(#"data: {"error":"#) && text.contains("It died."))
        #expect(!text.contains("[DONE]") && !text.contains(#""finish_reason":"stop""#))
        let whole = try await ask(model).0
        #expect(whole.status == 503)
    }

    @Test func aFullQueueSaysWhenToComeBack() async throws {
        let model = ScriptedModel { _, _ in
            var failure = Failure(code: "serving.full", "256 requests wait already.", at: "serving.queue")
            failure.retryAfter = 17
            throw failure
        }
        let reply = try await ask(model, #","stream":true"#).0
        #expect(reply.status == 429 && reply.headers[.retryAfter] == "17")
        #expect(try reply.decoded(ErrorAnswer.self).error.code == "rate_limit_exceeded")
    }

    /// Whoever reads a stream and leaves has his request taken back, and so has whoever never reads.
    @Test func whoLeavesIsTakenBack() async throws {
        let model = ScriptedModel { _, feed in feed.yield(.began(1)) }
        let scene = try OperationsScene(serving: model)
        let body = try ChatBody(WireObject(["model": "tiny", "stream": true, "messages": [Self.user]]))
        let departure = Departure()
        guard case .stream(let stream) = try await scene.wire.chat.create(body, who: "ada") else {
            Issue.record("no stream")
            return
        }
        let writer = EventWriter(events: stream.events, departure: departure, silence: .seconds(3600))
        try await writer.write { _ in departure.leave() }
        #expect(try await TestSupport.eventually { model.takenBack == 1 })
        _ = try await scene.wire.chat.create(body, who: "ada")
        #expect(try await TestSupport.eventually { model.takenBack == 2 })
        let whole = try ChatBody(WireObject(["model": "tiny", "messages": [Self.user]]))
        let asking = Task { try await scene.wire.chat.create(whole, who: "ada") }
        #expect(try await TestSupport.eventually { model.requests.count == 3 })
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        #expect(try await TestSupport.eventually { model.takenBack == 3 })
    }

    private static let user: JSONValue = ["role": "user", "content": "hi"]
}
