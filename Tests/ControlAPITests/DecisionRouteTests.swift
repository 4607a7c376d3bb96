import ControlProtocol
import EvaluationMetrics
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import Serving
import TestSupport
import Testing
import WorkerProtocol

@testable import ControlAPI

/// Decisions by OpenAI's route, with a model that finds each answer as likely as its test says.
struct DecisionRouteTests {
    private static let path = "/v1/decisions"

    /// - Parameter logarithm: of an answer's probability.
    private func model(_ logarithm: @escaping @Sendable (String) -> Double) -> ScriptedModel {
        ScriptedModel { request, feed in
            feed.yield(.began(10, cached: 4))
            var event = ServingEvent(.scored, id: "q")
            event.scores = (request.answers ?? []).map(logarithm)
            feed.yield(event)
            feed.finish()
        }
    }

    private func ask(_ model: ScriptedModel, _ questions: String, input: String = #""It rains.""#) async throws
        -> DecisionAnswers
    {
        let scene = try OperationsScene(serving: model)
        let reply = try await Ask(scene)(
            .post, Self.path, #"{"model":"tiny","input":\#(input),"questions":[\#(questions)]}"#)
        #expect(reply.status == 200, "\(reply.text)")
        return try reply.decoded(DecisionAnswers.self)
    }

    @Test func probabilitiesAreTheSharesOfWholeAnswers() async throws {
        let model = model { ["bad": log(1), "good": log(2), "true": log(5), "false": log(5)][$0] ?? 0 }
        let answers = try await ask(
            model,
            #"{"type":"choice","name":"mood","choices":[{"value":"bad"},{"value":true},{"value":"good"}]},"#
                + #"{"type":"predicate","instructions":"Is it so?"},"#
                + #"{"type":"score","levels":[{"label":"bad"},{"label":"good"},{"label":"true"}]}"#)
        #expect(answers.answers.map(\.type) == ["choice", "predicate", "score"])
        #expect(answers.answers.map(\.name) == ["mood", nil, nil])
        let choice = answers.answers[0]
        #expect(choice.choice == .bool(true))
        #expect(choice.probabilities?.map(\.value) == ["bad", .bool(true), "good"])
        #expect(near(choice.probabilities?.map(\.probability), [0.125, 0.625, 0.25]))
        // (5/8 - 1/3) / (1 - 1/3)
        #expect(near([choice.confidence ?? 0], [0.4375]))
        #expect(near([answers.answers[1].probability ?? 0], [0.5]))
        let score = answers.answers[2]
        #expect(near([score.score ?? 0], [1.5]))
        // From level 2 the levels lie 1/2 away on the mean; even ones lie 2/3 from their centre.
        #expect(near([score.confidence ?? 0], [0.25]))
        #expect(score.probabilities?.map(\.label) == ["bad", "good", "true"])
        #expect(score.probabilities?.map(\.value) == [0, 1, 2])
        #expect(answers.usage == ResponseUsage(input: 30, cached: 12, output: 0))
    }

    private func near(_ found: [Double]?, _ wanted: [Double]) -> Bool {
        guard let found, found.count == wanted.count else { return false }
        return zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    @Test func anInputIsAskedAsRowsWereUnlessThereAreInstructions() async throws {
        let model = model { _ in 0 }
        let choices = #""choices":[{"value":"a","description":"the first"},{"value":"b"}]"#
        _ = try await ask(model, #"{"type":"choice",\#(choices)}"#)
        _ = try await ask(model, #"{"type":"choice","instructions":"Which?",\#(choices)}"#)
        let turns = #"[{"role":"system","content":"s"},{"role":"user","content":"u"}]"#
        _ = try await ask(model, #"{"type":"choice","instructions":"",\#(choices)}"#, input: turns)
        _ = try await ask(model, #"{"type":"choice","instructions":"Which?",\#(choices)}"#, input: turns)
        let asked = model.requests.map(\.question)
        #expect(asked.map(\.prompt) == ["It rains.", "It rains.\n\nWhich?\n- a: the first", nil, nil])
        #expect(asked[2].messages?.map(\.content) == ["s", "u"])
        #expect(asked[3].messages?.map(\.content) == ["s", "u\n\nWhich?\n- a: the first"])
        #expect(model.requests.allSatisfy { $0.answers == ["a", "b"] && $0.caller == "test:ada" })
    }

    @Test func aQuestionThatCannotBeAnsweredIsRefusedAlone() async throws {
        let answers = try await ask(
            model { $0 == "true" ? .nan : 0 },
            #"{"type":"predicate","name":"x"},{"type":"choice","choices":[{"value":"a"},{"value":"b"}]}"#)
        #expect(answers.answers[0] == DecisionAnswer(type: "refusal", name: "x"))
        #expect(answers.answers[1].choice == "a")
    }

    /// The figures of the gates and the probabilities of decisions come from one function.
    @Test func decisionsAndGateFiguresAgree() async throws {
        let scores = ["a": -1.25, "b": -0.5, "c": -7]
        let answers = try await ask(
            model { scores[$0] ?? 0 },
            #"{"type":"choice","choices":[{"value":"c"},{"value":"b"},{"value":"a"}]}"#)
        let row = MetricInput(label: "b", labelScores: scores)
        let accuracy = try #require(MetricRegistry.metric(MetricKey("label_accuracy"))?.value([row]))
        let error = try #require(MetricRegistry.metric(MetricKey("ece"))?.value([row]))
        #expect(accuracy == 1 && answers.answers[0].choice == "b")
        let sure = try #require(answers.answers[0].probabilities?[1].probability)
        #expect(near([error], [1 - sure]))
    }

    /// A body each.
    private static let wrong = """
        {"model": "tiny", "questions": []}
        {"model": "tiny", "input": "a"}
        {"model": "tiny", "input": 7, "questions": []}
        {"model": "tiny", "input": "", "questions": [{"type": "predicate"}]}
        {"model": "tiny", "input": "a", "questions": []}
        {"model": "tiny", "input": "a", "questions": [{"type": "guess"}]}
        {"model": "tiny", "input": "a", "questions": [{"type": "choice"}]}
        {"model": "tiny", "input": "a", "questions": [{"type": "choice", "choices": [{"value": "x"}]}]}
        {"model": "tiny", "input": "a", "questions": [{"type": "choice", "choices": [{"value": "x"}, {"value": 7}]}]}
        {"model": "tiny", "input": "a", "questions": [{"type": "choice", "choices": [{"value": "x"}, {"value": "x"}]}]}
        {"model": "tiny", "input": "a", "questions": [{"type": "score", "levels": [{"label": "x"}, {"label": true}]}]}
        {"model": "nobody", "input": "a", "questions": [{"type": "predicate"}]}
        """

    @Test func everyWrongBodyIsRefusedByTheNameOfItsField() async throws {
        let difference = try Golden("ControlAPITests/Golden").difference(
            "wrong-decisions", input: Self.wrong,
            output: try await Ask(try OperationsScene()).refusals(Self.path, Self.wrong))
        #expect(difference == nil)
    }
}
