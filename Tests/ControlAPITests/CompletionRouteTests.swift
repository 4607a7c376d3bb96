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

/// Texts that go on by OpenAI's route, with a model that is within the test.
struct CompletionRouteTests {
    private static let path = "/v1/completions"

    private static func token(_ text: String, _ logprob: Float?) -> ServingToken {
        ServingToken(
            id: 1, bytes: Array(text.utf8), logprob: logprob,
            top: logprob.map { [ServingToken(id: 2, bytes: [0xC3], logprob: $0)] })
    }

    private static func prompt(_ tokens: [ServingToken]) -> ServingEvent {
        var event = ServingEvent(.prompt, id: "q")
        event.tokens = tokens
        return event
    }

    /// A prompt of three tokens, the first of which marks the beginning; one choice comes before all of it is known.
    private static let echoed: [ServingEvent] = [
        .began(3, cached: 1), prompt([token("<s>", nil), token("é", -1)]),
        .said("!", choice: 1, tokens: [token("!", -3)]), prompt([token("a", -2)]),
        .said(" b", tokens: [token(" b", -4)]), .ended(last: token("</s>", -5)), .ended("length", choice: 1),
    ]

    @Test(arguments: [
        ("completion-echo", echoed, #"{"model":"support","prompt":"éa","echo":true,"logprobs":1,"n":2"#),
        (
            "completion-tokens", [.began(2), prompt([token("ab", nil), token("c", -1)]), .ended("length", tokens: 0)],
            #"{"model":"support","prompt":[7,8],"echo":true,"max_tokens":0"#
        ),
        (
            "completion-plain", [.began(2), .said("x"), .said("y"), .ended(tokens: 2)],
            #"{"model":"support","prompt":"a""#
        ),
    ])
    func wholeAndStreamedAnswersAreThese(name: String, events: [ServingEvent], body: String) async throws {
        var texts: [String] = []
        for members in ["", #","stream":true,"stream_options":{"include_usage":true}"#] {
            let scene = try OperationsScene(serving: ScriptedModel(events))
            let reply = try await Ask(scene)(.post, Self.path, body + members + "}")
            #expect(reply.status == 200)
            texts.append(
                reply.text.replacing(/"created":\d+/, with: #""created":0"#)
                    .replacing(/cmpl-[0-9a-f]{24}/, with: "cmpl-0"))
        }
        let difference = try Golden("ControlAPITests/Golden").difference(
            name, input: body + "}", output: texts.joined(separator: "\n\n"))
        #expect(difference == nil)
    }

    @Test func choicesCountThroughThePrompts() async throws {
        let model = ScriptedModel { request, feed in
            let text = request.question.text ?? ""
            for choice in [1, 0] { feed.yield(.said("\(text)\(choice)", choice: choice)) }
            feed.yield(.began(text.utf8.count))
            for choice in [0, 1] { feed.yield(.ended(choice: choice, tokens: 1)) }
            feed.finish()
        }
        let prompts = (0..<20).map { "\"p\($0)\"" }.joined(separator: ",")
        let ask = Ask(try OperationsScene(serving: model))
        let answer = try await ask(.post, Self.path, #"{"model":"tiny","n":2,"prompt":["# + prompts + "]}")
            .decoded(TextCompletion.self)
        #expect(answer.choices.map(\.index) == Array(0..<40))
        #expect(answer.choices.map(\.text) == (0..<20).flatMap { ["p\($0)0", "p\($0)1"] })
        #expect(answer.usage?.wrappedValue?.completion_tokens == 40)
        #expect(model.requests.allSatisfy { $0.drawing?.maxNewTokens == 16 })
    }

    /// Nothing of a stream is told before each of its prompts is known to be right.
    @Test func aWrongPromptAmongSeveralIsSaidBeforeTheFirstByte() async throws {
        let model = ScriptedModel { request, feed in
            guard request.question.text == "" else {
                for event in [ServingEvent.began(1), .said("a"), .ended()] { feed.yield(event) }
                return feed.finish()
            }
            feed.finish(throwing: Failure(code: "request.missing", "question.text is missing.", at: "question.text"))
        }
        let ask = Ask(try OperationsScene(serving: model))
        let reply = try await ask(.post, Self.path, #"{"model":"tiny","stream":true,"prompt":["a","b",""]}"#)
        #expect(reply.status == 400)
        #expect(try reply.decoded(ErrorAnswer.self).error.param == "prompt")
    }

    /// A body each.
    private static let wrong = """
        {"model": "tiny"}
        {"model": "tiny", "prompt": 7}
        {"model": "tiny", "prompt": []}
        {"model": "tiny", "prompt": ["a", [1]], "max_tokens": -1}
        {"model": "tiny", "prompt": ["a", {}]}
        {"model": "tiny", "prompt": [1, "a"]}
        {"model": "tiny", "prompt": [[1.5]]}
        {"model": "tiny", "prompt": "a", "logprobs": 6}
        {"model": "tiny", "prompt": "a", "best_of": 2}
        {"model": "tiny", "prompt": "a", "suffix": "b"}
        {"model": "tiny", "prompt": ["1","2","3","4","5","6","7","8","9","","","","","","","",""], "stream": true}
        """

    @Test func everyWrongBodyIsRefusedByTheNameOfItsField() async throws {
        let difference = try Golden("ControlAPITests/Golden").difference(
            "wrong-completions", input: Self.wrong,
            output: try await Ask(try OperationsScene()).refusals(Self.path, Self.wrong))
        #expect(difference == nil)
    }
}
