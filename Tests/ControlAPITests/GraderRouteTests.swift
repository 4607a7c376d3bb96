import ControlProtocol
import Foundation
import HTTPTypes
import OperationsScene
import Testing

@testable import ControlAPI

/// The graders of gates by OpenAI's routes.
struct GraderRouteTests {
    private func ask(_ verb: String, _ body: String) async throws -> Ask.Reply {
        try await Ask(try OperationsScene())(.post, "/v1/fine_tuning/alpha/graders/\(verb)", body)
    }

    private static let check =
        #"{"type":"string_check","name":"same","operation":"eq","input":"{{sample.output_text}}","reference":"#

    @Test func aGraderJudgesAnAnswer() async throws {
        let multi =
            #"{"type":"multi","name":"both","calculate_output":"0.5 * a + 0.5 * b","graders":{"a":\#(Self.check)"#
            + #""{{item.want}}"},"b":\#(Self.check)"other"}}}"#
        let reply = try await ask("run", #"{"grader":\#(multi),"model_sample":"yes","item":{"want":"yes"}}"#)
        #expect(reply.status == 200, "\(reply.text)")
        let verdict = try reply.decoded(GraderVerdict.self)
        #expect(verdict.reward == 0.5 && verdict.sub_rewards == ["a": 1, "b": 0])
        #expect(verdict.metadata.scores == ["a": 1, "b": 0, "both": 0.5])
        #expect(verdict.metadata.name == "both" && verdict.metadata.type == "multi")
        #expect(verdict.metadata.errors == GraderErrors())
    }

    @Test func whatKeepsItFromJudgingIsSaid() async throws {
        let lacking = try await ask("run", #"{"grader":\#(Self.check)"{{item.prompt}}"},"model_sample":"yes"}"#)
            .decoded(GraderVerdict.self)
        #expect(lacking.reward == 0 && lacking.metadata.errors.invalid_variable_error)
        let text = try await ask(
            "run", #"{"grader":\#(Self.check)"{{sample.output_json.a}}"},"model_sample":"no JSON"}"#
        ).decoded(GraderVerdict.self)
        #expect(text.metadata.errors.sample_parse_error && text.metadata.scores.isEmpty)
    }

    @Test func aGraderThatIsWrongIsNamed() async throws {
        let good = try await ask("validate", #"{"grader":\#(Self.check)"x"}}"#)
        #expect(try good.decoded(ValidGrader.self).grader["name"] == "same")
        let wrong = try await ask(
            "validate", #"{"grader":{"type":"multi","calculate_output":"a","graders":{"a":{"type":"python"}}}}"#)
        #expect(wrong.status == 400)
        #expect(try wrong.decoded(ErrorAnswer.self).error.param == "grader.graders.a.type")
    }
}
