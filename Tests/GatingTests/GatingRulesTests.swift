import Foundation
import Nouns
import Settings
import Statistics
import TestSupport
import Testing

@testable import Gating

@Suite struct GatingRulesTests {
    @Test func aBetterModelPassesTheDefaults() {
        let verdict = Cases.judge(Cases.strong(60), base: Cases.weak(60))
        #expect(verdict.outcome == .pass, "\(verdict.summary)")
        #expect(verdict.gates.map(\.kind) == [.integrity, .nonInferiority, .superiority])
        #expect(verdict.figures[.candidate]?["gate"]?["macro_f1"] != nil && verdict.confusion?["a"]?["a"] != nil)
        #expect(verdict.advice.isEmpty)
        for gate in verdict.gates.dropFirst() {
            #expect((gate.lowerBound ?? -1) > 0 && gate.pValue != nil && gate.rows == 60 && !gate.explanation.isEmpty)
        }
    }

    @Test func aWorseModelFailsAndSaysWhatToTry() {
        let verdict = Cases.judge(Cases.weak(60), served: Cases.strong(60), base: Cases.strong(60))
        #expect(verdict.outcome == .fail && verdict.baseline == "v-1")
        #expect(verdict.advice.contains { $0.action == "more_data" && $0.reason.contains("class") })
    }

    @Test func equalModelsNeverPassByThemselves() {
        let served = Cases.strong(80)
        let verdict = Cases.judge(served, served: served, base: Cases.weak(80))
        #expect(verdict.outcome != .pass)
        // Without the claim of improvement the loss is shown not to be worse, the shares are not on so few rows.
        let modest = Cases.judge(served, served: served, base: Cases.weak(80)) { $0.requireImprovement = false }
        #expect(modest.outcome == .inconclusive)
        let gate = modest.gates.first { $0.metric == "accuracy" }
        #expect(gate?.outcome == .inconclusive && (gate?.rowsNeeded ?? 0) >= 149)
        #expect(modest.advice.contains { $0.action == "more_gate_rows" })
    }

    @Test func noRowsMixedRowsAndUselessAdaptersFail() {
        #expect(Cases.judge([], base: []).outcome == .fail)
        #expect(Cases.judge(Cases.strong(30), base: Cases.weak(29)).outcome == .fail)
        #expect(Cases.judge(Cases.strong(30), base: Cases.weak(30).reversed()).outcome == .fail)
        let same = Cases.judge(Cases.weak(30), base: Cases.weak(30))
        #expect(same.outcome == .fail && same.gates.first?.explanation.contains("changes nothing") == true)
        var broken = Cases.strong(30)
        broken[3].lossSum = .nan
        #expect(Cases.judge(broken, base: Cases.weak(30)).outcome == .fail)
    }

    @Test func missingMetricsSetsAndSlicesFailClosed() throws {
        var rules = ["acuracy", "accuracy", "accuracy", "output_tokens"].map { GateRuleSettings(metric: $0) }
        rules[0].min = 0
        rules[1].set = "golden-x"
        rules[1].min = 0
        rules[2].slice = "label=zebra"
        rules[2].maxRegression = 1
        rules[3].minImprovement = 0
        for rule in rules {
            let verdict = Cases.judge(Cases.strong(60), base: Cases.weak(60)) { $0.rules = [rule] }
            #expect(verdict.outcome == .fail, "\(rule.metric)")
            #expect(try #require(verdict.gates.last).outcome == .fail)
        }
        let empty = Cases.judge(Cases.strong(60), base: Cases.weak(60)) {
            $0.rules = [GateRuleSettings(metric: "loss")]
        }
        #expect(empty.outcome == .fail)
        // An answer that is missing on one row takes the metric away.
        var partial = Cases.strong(60)
        partial[5].output = nil
        #expect(Cases.judge(partial, base: Cases.weak(60)) { $0.primary = "accuracy" }.outcome == .fail)
    }

    @Test func valueGatesAreInclusive() {
        var rule = GateRuleSettings(metric: "accuracy")
        rule.min = 55.0 / 60
        func outcome(_ change: (inout GateRuleSettings) -> Void) -> Verdict.Outcome? {
            change(&rule)
            return Cases.judge(Cases.strong(60), base: Cases.weak(60)) { $0.rules = [rule] }.gates.last?.outcome
        }
        #expect(outcome { _ in } == .pass)
        #expect(outcome { $0.min = 0.93 } == .fail)
        #expect(outcome { ($0.min, $0.max) = (nil, 0.9) } == .fail)
    }

    @Test func changeGatesJudgeTheBoundAndNotThePoint() {
        // One row more of sixty: better by point, not by evidence.
        let served = Cases.records(60, right: { $0 % 4 != 0 }, loss: { _ in 0.5 })
        let candidate = Cases.records(60, right: { $0 % 4 != 0 || $0 == 4 }, loss: { 0.4 + Double($0 % 3) * 0.01 })
        var rule = GateRuleSettings(metric: "accuracy")
        rule.minImprovement = 0.01
        let verdict = Cases.judge(candidate, served: served, base: Cases.weak(60)) {
            $0.primary = "loss"
            $0.rules = [rule]
        }
        #expect(verdict.gates.last?.outcome == .inconclusive)
        // Two claims of improvement: Holm's method is named.
        #expect(verdict.gates.last?.explanation.contains("Holm") == true)
        rule.minImprovement = nil
        rule.maxRegression = 0.25
        rule.relative = true
        let tolerant = Cases.judge(candidate, served: served, base: Cases.weak(60)) { $0.rules = [rule] }
        #expect(tolerant.gates.last?.outcome == .pass)
    }

    @Test func slicesChooseRowsAndSmallOnesDecideNothing() {
        let records = Cases.strong(60)
        var evidence = GatingRules.Evidence(
            candidate: records, served: nil, base: records, baseline: nil, newDrops: ["d-1"])
        evidence.now = Date(timeIntervalSince1970: 10 * 86_400)
        evidence.dropTimes = ["d-1": Date(timeIntervalSince1970: 5 * 86_400)]
        let counts = [
            "label=a": 30, "length=medium": 20, "team=x": 12, "drop=new": 60, "drop=earlier": 0, "drop=d-1": 60,
            "nonsense": 0, "age=under:6d": 60,
            "age=under:5d": 0, "age=over:120h": 60, "age=over:1w": 0, "age=young": 0,
        ]
        for (slice, count) in counts {
            #expect(records.count { GatingRules.matches(slice, $0, evidence) } == count, "\(slice)")
        }
        #expect(
            GatingRules.objection(toSlice: "age=young") != nil && GatingRules.objection(toSlice: "age=under:2w") == nil)
        #expect(GatingRules.objection(toSlice: "length=tiny") != nil && GatingRules.objection(toSlice: "team") != nil)
        var rule = GateRuleSettings(metric: "accuracy")
        rule.slice = "team=x"
        rule.min = 0.1
        let verdict = Cases.judge(records, base: Cases.weak(60)) { $0.rules = [rule] }
        #expect(verdict.gates.last?.outcome == .inconclusive && verdict.gates.last?.rowsNeeded == 20)
    }

    @Test func fallenOldSkillsFailAndAskForReplay() {
        let drop: (Int) -> DropID = { $0 < 30 ? "d-1" : "d-2" }
        let right: (Int) -> Bool = { $0 % 9 != 0 }
        let served = Cases.records(
            120, drop: drop, right: right, loss: { ($0 < 30 ? 0.3 : 1.5) + Double($0 % 4) * 0.01 })
        let candidate = Cases.records(
            120, drop: drop, right: right, loss: { ($0 < 30 ? 0.9 : 0.4) + Double($0 % 3) * 0.01 })
        let verdict = Cases.judge(candidate, served: served, base: Cases.weak(120), newDrops: ["d-2"]) {
            $0.primary = "loss"
        }
        #expect(verdict.outcome == .fail)
        #expect(verdict.gates.contains { $0.slice == "drop=earlier" && $0.outcome == .fail })
        #expect(verdict.advice.contains { $0.action == "replay" })
    }

    @Test func furtherSetsAreGuardedToo() {
        func worse(_ rise: Double) -> Verdict {
            Cases.judge(
                Cases.strong(60)
                    + Cases.weak(40, set: "extra").map {
                        var r = $0
                        r.lossSum += 2 * rise
                        return r
                    },
                base: Cases.weak(60) + Cases.weak(40, set: "extra"))
        }
        #expect(worse(0.25).gates.contains { $0.set == "extra" && $0.outcome == .fail })
        #expect(worse(-0.25).outcome == .pass)
        #expect(worse(0.25).figures[.base]?["extra"]?["loss"] != nil)
    }

    /// Rows of feedback were chosen by the answers of what is served: they are shown, and judge where a rule says so.
    @Test func rowsOfFeedbackJudgeOnlyWhereARuleNamesThem() {
        func judge(_ rules: [GateRuleSettings]) -> Verdict {
            Cases.judge(
                Cases.strong(60) + Cases.weak(40, set: .feedback),
                base: Cases.weak(60) + Cases.strong(40, set: .feedback)
            ) { $0.rules = rules }
        }
        let silent = judge([])
        #expect(silent.outcome == .pass && !silent.gates.contains { $0.set == .feedback })
        #expect(silent.figures[.candidate]?[.feedback]?["accuracy"] != nil)
        var rule = GateRuleSettings(metric: "accuracy")
        rule.set = .feedback
        rule.maxRegression = 0.01
        let asked = judge([rule])
        #expect(asked.gates.contains { $0.set == .feedback && $0.outcome == .fail } && asked.outcome == .fail)
    }

    @Test func everyVerdictCanBeKept() throws {
        var settings = GateRuleSettings(metric: "loss")
        settings.maxRegression = .infinity
        for margin in [Double.infinity, .nan, -1] {
            let verdict = Cases.judge(Cases.strong(40), base: Cases.weak(40)) {
                $0.margin = margin
                $0.rules = [settings]
            }
            #expect(try ContractCoding.decode(Verdict.self, from: ContractCoding.encode(verdict)) == verdict)
        }
    }

    @Test func theSameEvidenceGivesTheSameVerdict() {
        #expect(
            Cases.judge(Cases.strong(60), base: Cases.weak(60)) == Cases.judge(Cases.strong(60), base: Cases.weak(60)))
    }

    /// Whole verdicts over models that do not differ: at most the stated share passes (see Benchmarks/false-promotion).
    @Test func equalModelsAreSeldomPromoted() {
        var passed = 0
        let trials = 60
        for trial in 0..<trials {
            let random = CounterRandom(seed: 41, stream: UInt64(trial))
            func model(_ use: Int) -> [ExampleRecord] {
                Cases.records(
                    50, right: { random.unit(UInt64($0 * 4 + use)) < 0.7 },
                    loss: { 1 - log(1 - random.unit(UInt64($0 * 4 + use + 2))) })
            }
            if Cases.judge(model(0), served: model(1), base: Cases.weak(50)).outcome == .pass { passed += 1 }
        }
        #expect(Double(passed) / Double(trials) <= 0.05)
    }

    @Test func aSeriesOfRunsErrsNoMoreOftenThanOne() {
        let first = 1 - GatingRules.confidence(0.95, isFollowUp: false, followUps: 3)
        let further = 1 - GatingRules.confidence(0.95, isFollowUp: true, followUps: 3)
        #expect(abs(first - 0.025) < 1e-12 && abs(first + 3 * further - 0.05) < 1e-12)
    }
}
