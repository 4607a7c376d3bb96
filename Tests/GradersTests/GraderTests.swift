import Foundation
import Graders
import Nouns
import TestSupport
import Testing

/// Graders as OpenAI's evaluation API configures them.
@Suite struct GraderTests {
    static let record = ExampleRecord(
        row: "r", set: "gate", lossSum: 1, tokens: 1, correctTokens: 0, bytes: 1, promptTokens: 1,
        prompt: "Which label?", reference: "billing",
        output: #"{"label": "Billing", "tags": ["a", "b"]}"#, label: "billing", fields: ["team": "x", "meta": ["n": 3]])

    static func score(_ json: String, _ change: (inout ExampleRecord) -> Void = { _ in }) throws -> Double? {
        var record = record
        change(&record)
        return try Grader(try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))).score(record)
    }

    static func check(_ operation: String, _ input: String, _ reference: String) -> String {
        #"{"type": "string_check", "name": "n", "operation": "\#(operation)", "input": "\#(input)", "#
            + #""reference": "\#(reference)"}"#
    }

    @Test func stringChecks() throws {
        #expect(try Self.score(Self.check("eq", "{{sample.output_json.label}}", "Billing")) == 1)
        #expect(try Self.score(Self.check("eq", "{{ sample.output_json.label }}", "{{item.reference}}")) == 0)
        #expect(try Self.score(Self.check("ne", "{{sample.output_json.label}}", "{{item.label}}")) == 1)
        #expect(try Self.score(Self.check("like", "{{sample.output_text}}", "Bill")) == 1)
        #expect(try Self.score(Self.check("like", "{{sample.output_text}}", "bill")) == 0)
        #expect(try Self.score(Self.check("ilike", "{{sample.output_text}}", "{{item.reference}}")) == 1)
        #expect(
            try Self.score(Self.check("eq", "{{item.team}}-{{item.meta.n}}-{{sample.output_json.tags.1}}", "x-3-b"))
                == 1)
    }

    @Test func whatARecordLacksHasNoScore() throws {
        #expect(try Self.score(Self.check("eq", "{{item.nothing}}", "x")) == nil)
        #expect(try Self.score(Self.check("eq", "{{sample.output_text}}", "x")) { $0.output = nil } == nil)
        #expect(try Self.score(Self.check("eq", "{{sample.output_json.label}}", "x")) { $0.output = "no JSON" } == nil)
    }

    @Test func similaritiesAndThresholds() throws {
        func similarity(_ metric: String, _ more: String = "") -> String {
            #"{"type": "text_similarity", "name": "n", "evaluation_metric": "\#(metric)", "input": "the cat sat", "#
                + #""reference": "the cat stood"\#(more)}"#
        }
        for metric in Grader.Similarity.allCases {
            let value = try #require(try Self.score(similarity(metric.rawValue)))
            #expect((0...1).contains(value), "\(metric) is \(value)")
        }
        #expect(abs(try #require(try Self.score(similarity("rouge_1"))) - 2.0 / 3) < 1e-12)
        #expect(try Self.score(similarity("rouge_1", #", "pass_threshold": 0.6"#)) == 1)
        #expect(try Self.score(similarity("rouge_1", #", "pass_threshold": 0.7"#)) == 0)
    }

    static func multi(_ formula: String) -> String {
        #"{"type": "multi", "name": "m", "graders": {"a": \#(check("eq", "x", "x")), "b": "#
            + #"\#(check("eq", "x", "y"))}, "calculate_output": "\#(formula)"}"#
    }

    @Test(
        arguments: [
            ("a", 1), ("a + b * 2", 1), ("0.5 * a + 0.5 * b", 0.5), ("max(a, b) - min(a, b, 0.25)", 1),
            ("-(a - 3) ^ 2", -4), ("2 ^ 3 ^ 2", 512), ("sqrt(16) / exp(b)", 4),
            ("floor(2.7) + ceil(0.2) + abs(-a) + log(a)", 4),
        ] as [(String, Double)])
    func formulas(formula: String, value: Double) throws { #expect(try Self.score(Self.multi(formula)) == value) }

    @Test func infiniteOutcomesAreNoScores() throws { #expect(try Self.score(Self.multi("a / b")) == nil) }

    @Test(arguments: [
        #"{}"#, #"{"type": "python", "source": "x"}"#, #"{"type": "score_model"}"#, check("is", "a", "b"),
        check("eq", "{{item}}", "b"), check("eq", "{{x.y}}", "b"),
        check("eq", "{{item.a", "b"),
        #"{"type": "text_similarity", "evaluation_metric": "cosine", "input": "a", "reference": "b"}"#, multi("a +"),
        multi("c"),
        multi("a b"), multi("(a"), multi("sqrt(a, b)"), multi("__import__(a)"),
        multi(String(repeating: "(", count: 500)), multi(String(repeating: "-", count: 500) + "a"),
        #"{"type": "multi", "graders": {}, "calculate_output": "1"}"#,
        #"{"type": "string_check", "input": "a", "reference": "b", "operation": "eq", "extra": 1}"#,
    ])
    func whatIsNotSupportedIsRefused(json: String) {
        #expect { try Self.score(json) } throws: { ($0 as? Failure)?.code == "grader.invalid" }
    }
}
