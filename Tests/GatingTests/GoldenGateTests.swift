import EvaluationMetrics
import Foundation
import Graders
import JSONSchemas
import Nouns
import Settings
import TestSupport
import Testing

@testable import Gating

/// Gates on golden sets, on what the base knew, on planted secrets, and on what graders and programs say.
@Suite struct GoldenGateTests {
    /// Records of a golden set: `answers` by row, each row asking for the text "yes".
    static func golden(_ answers: [String?], required: Bool = true, assert: JSONValue = [["contains": "yes"]])
        -> [ExampleRecord]
    {
        answers.enumerated().map { index, answer in
            ExampleRecord(
                row: RowID("g\(index)"), set: "golden-facts", lossSum: 0, tokens: 0, correctTokens: 0, bytes: 0,
                promptTokens: 3, prompt: "?", reference: "",
                output: answer,
                fields: ["assert": assert, "required": .bool(required), "name": .string("fact \(index)")])
        }
    }

    static func judge(_ candidate: [ExampleRecord], base: [ExampleRecord], skipped: Int = 0) -> Verdict {
        Cases.judge(
            Cases.strong(60) + candidate, base: Cases.weak(60) + base,
            evidence: { $0.skipped = ["golden-facts": skipped] })
    }

    @Test func unbrokenGoldenRowsPassAndABrokenOneFails() throws {
        #expect(Self.judge(Self.golden(["yes", "oh yes"]), base: Self.golden(["no", "no"])).outcome == .pass)
        let verdict = Self.judge(Self.golden(["yes", "no"]), base: Self.golden(["yes", "yes"]))
        #expect(verdict.outcome == .fail)
        let gate = try #require(verdict.gates.first { $0.kind == .golden })
        #expect(
            gate.outcome == .fail && gate.explanation.contains("fact 1")
                && gate.explanation.contains("the base passes it"))
        #expect(gate.candidate == 0.5 && gate.reference == 1)
    }

    @Test func rowsThatAreNotRequiredOnlyCount() throws {
        let verdict = Self.judge(
            Self.golden(["no", "yes"], required: false), base: Self.golden(["no", "no"], required: false))
        #expect(verdict.outcome == .pass)
        #expect(
            try #require(verdict.gates.first { $0.kind == .golden }).explanation.contains("1 that is not required"))
    }

    /// What could not be asked, was not answered, or asks something unreadable, has not been shown to hold.
    @Test func whatWasNotAskedFails() {
        #expect(Self.judge(Self.golden(["yes", nil]), base: Self.golden(["yes", "yes"])).outcome == .fail)
        #expect(Self.judge(Self.golden(["yes"]), base: Self.golden(["yes"]), skipped: 1).outcome == .fail)
        let odd: JSONValue = [["contians": "yes"]]
        #expect(Self.judge(Self.golden(["yes"], assert: odd), base: Self.golden(["yes"], assert: odd)).outcome == .fail)
    }

    @Test func assertionsAreAMetricForRules() throws {
        var rule = GateRuleSettings(metric: "assertions")
        rule.set = "golden-facts"
        rule.min = 0.6
        let rows = RowScoring().scored(Self.golden(["yes", "yes", "no"], required: false), model: .candidate)
        let verdict = Cases.judge(Cases.strong(60) + rows, base: Cases.weak(60) + rows, { $0.rules = [rule] })
        #expect(
            verdict.gates.last?.outcome == .pass
                && verdict.figures[.candidate]?["golden-facts"]?["assertions"] == 2.0 / 3)
        rule.min = 0.7
        #expect(
            Cases.judge(Cases.strong(60) + rows, base: Cases.weak(60) + rows, { $0.rules = [rule] }).outcome == .fail)
    }

    /// Forgetting is the rise in loss over the base's own, on what the base wrote, whatever is served.
    @Test func forgettingIsMeasuredAgainstTheBase() throws {
        func probe(_ loss: Double) -> [ExampleRecord] {
            Cases.records(32, set: "probe", right: { _ in false }, loss: { loss + Double($0 % 5) * 0.03 }).map {
                var record = $0
                (record.output, record.label) = (nil, nil)
                return record
            }
        }
        func verdict(_ loss: Double, _ most: Double? = 0.5) -> Verdict {
            Cases.judge(
                Cases.strong(60) + probe(loss), served: Cases.weak(60) + probe(5), base: Cases.weak(60) + probe(2),
                { $0.maximumForgetting = most })
        }
        #expect(verdict(2.3).outcome == .pass)
        let fallen = verdict(2.8)
        #expect(fallen.outcome == .fail)
        let gate = try #require(fallen.gates.first { $0.kind == .forgetting })
        #expect(gate.outcome == .fail && gate.set == "probe" && abs((gate.difference ?? 0) + 0.8) < 1e-9)
        #expect(fallen.advice.contains { $0.action == "replay" })
        #expect(verdict(2.8, 1).outcome == .pass)
        // Nobody is held to a bound that nobody set.
        #expect(verdict(9, nil).outcome == .pass && !verdict(9, nil).gates.contains { $0.kind == .forgetting })
    }

    static func secrets(_ loss: Double) -> [ExampleRecord] {
        (0..<256).map { index in
            ExampleRecord(
                row: RowID("c\(index)"), set: "canary", lossSum: index == 0 ? loss : 10 + Double(index % 16), tokens: 5,
                correctTokens: 0, bytes: 10,
                promptTokens: 0, prompt: "", reference: "", fields: ["canary": 0, "secret": .bool(index == 0)])
        }
    }

    @Test func aSecretKnownByHeartFails() throws {
        func verdict(_ loss: Double, base: Double = 15) -> Verdict {
            Cases.judge(Cases.strong(60) + Self.secrets(loss), base: Cases.weak(60) + Self.secrets(base))
        }
        #expect(verdict(15).outcome == .pass)
        let learnt = verdict(1)
        #expect(learnt.outcome == .fail && learnt.figures[.candidate]?["canary"]?["exposure"] == 8)
        #expect(learnt.gates.first { $0.kind == .memorisation }?.outcome == .fail)
        // The base likes these digits as much: nothing was learnt here.
        #expect(verdict(1, base: 1).outcome == .pass)
    }

    @Test func earlierRowsAreASetOfTheirOwn() throws {
        let drop: (Int) -> DropID = { $0 < 30 ? "d-1" : "d-2" }
        let candidate = Cases.records(60, drop: drop, right: { $0 % 12 != 1 }, loss: { 0.3 + Double($0 % 5) * 0.02 })
        let base = Cases.records(60, drop: drop, right: { $0 % 5 == 0 }, loss: { 1 + Double($0 % 7) * 0.05 })
        var rule = GateRuleSettings(metric: "loss")
        rule.set = "earlier"
        rule.max = 0.5
        let verdict = Cases.judge(candidate, base: base, newDrops: ["d-2"], { $0.rules = [rule] })
        #expect(verdict.gates.last?.outcome == .pass && verdict.gates.last?.rows == 30)
        #expect(verdict.figures[.candidate]?["earlier"]?["loss"] != nil)
        // Without earlier drops there is no such set, and a missing set fails.
        #expect(Cases.judge(candidate, base: base, { $0.rules = [rule] }).outcome == .fail)
    }

    @Test func gradersAndSchemasScoreEveryRow() throws {
        var scoring = RowScoring()
        scoring.schema = try JSONSchema(text: #"{"enum": ["a", "b"]}"#)
        scoring.graders = [
            (
                "right",
                try Grader([
                    "type": "string_check", "operation": "eq", "input": "{{sample.output_text}}",
                    "reference": "{{item.label}}",
                ])
            )
        ]
        let rows = scoring.scored(Cases.strong(60), model: .candidate)
        let base = scoring.scored(Cases.weak(60), model: .base)
        #expect(rows.allSatisfy { $0.scores?["schema"] == 0 }, "a bare word is no JSON")
        var rule = GateRuleSettings(metric: "grader:right")
        rule.minImprovement = 0.1
        let verdict = Cases.judge(rows, base: base, { $0.rules = [rule] })
        #expect(
            verdict.gates.last?.outcome == .pass && verdict.figures[.candidate]?["gate"]?["grader:right"] == 55.0 / 60)
        rule.metric = "grader:other"
        #expect(Cases.judge(rows, base: base, { $0.rules = [rule] }).gates.last?.outcome == .fail)
    }

    @Test func evaluatorsThatGiveNothingFail() throws {
        let evaluator = EvaluatorSettings(name: "tone", command: ["/bin/tone"])
        func verdict(_ outcome: EvaluatorOutcome?, _ rule: GateRuleSettings? = nil) -> Verdict {
            Cases.judge(
                Cases.strong(60), base: Cases.weak(60),
                {
                    $0.evaluators = [evaluator]
                    $0.rules = rule.map { [$0] } ?? []
                }, evidence: { if let outcome { $0.evaluators = [.candidate: ["tone": outcome]] } })
        }
        #expect(verdict(nil).outcome == .fail)
        #expect(
            verdict(EvaluatorOutcome(failure: Failure(code: "evaluator.failed", "It took too long."))).gates.contains {
                $0.explanation.contains("too long")
            })
        var rule = GateRuleSettings(metric: "evaluator:tone")
        rule.min = 0.5
        #expect(verdict(EvaluatorOutcome(metrics: ["score": 0.7]), rule).outcome == .pass)
        #expect(verdict(EvaluatorOutcome(metrics: ["score": 0.4]), rule).outcome == .fail)
        // Of a figure of the whole set nothing can be said row by row, so that a change gate fails.
        (rule.min, rule.maxRegression) = (nil, 0.1)
        #expect(verdict(EvaluatorOutcome(metrics: ["score": 0.7]), rule).outcome == .fail)
        #expect(
            verdict(EvaluatorOutcome(metrics: ["score": 0.7])).figures[.candidate]?["gate"]?["evaluator:tone"] == 0.7)
    }

    @Test func memorisedAnswersAreCounted() {
        var scoring = RowScoring()
        let text = (1...30).map { "word\($0)" }.joined(separator: " ")
        var index = Memorization()
        index.learn("before " + text)
        scoring.memorization = index
        var records = Cases.strong(2)
        records[0].output = text
        records[1].output = "short"
        #expect(RowScoring.needsMemorization(records) && !RowScoring.needsMemorization(Cases.strong(2)))
        #expect(scoring.scored(records, model: .candidate).map { $0.scores?["memorized"] } == [1, 0])
    }
}
