import EvaluationMetrics
import Nouns
import Settings
import Testing

@testable import Gating

/// How rows of two answers are judged.
struct PreferenceGateTests {
    /// Pairs of which the first `preferred` have the preferred answer as the likelier one, and after them rows of one
    /// answer with that loss a token.
    private func records(_ pairs: Int, preferred: Int, ties: Int = 0, answers: Int = 0, loss: Double = 0.5)
        -> [ExampleRecord]
    {
        (0..<pairs + answers).map { row in
            var record = ExampleRecord(
                row: RowID("row-\(row)"), set: .gate, lossSum: 4 * (loss + Double(row % 7) * 0.02), tokens: 4,
                correctTokens: 1, bytes: 8, promptTokens: 10, prompt: "p", reference: "r", output: "a b c d e f",
                finish: "stop", outputTokens: 6, drop: row % 2 == 0 ? "d-1" : "d-2")
            if row < pairs {
                let margin = row < preferred ? 3 + Double(row % 5) : row < preferred + ties ? 0 : -2
                record.rejectedLossSum = record.lossSum + margin
                record.rejectedTokens = 5
            }
            return record
        }
    }

    private func judge(
        _ candidate: [ExampleRecord], _ base: [ExampleRecord], pairs: Bool = true,
        _ change: (inout GatesSettings) -> Void = { _ in }
    ) -> Verdict {
        Cases.judge(candidate, base: base, change, evidence: { $0.trainsPairs = pairs })
    }

    @Test func pairsAreJudgedByHowOftenTheBetterAnswerIsTheLikelierOne() throws {
        // Both answers became less likely, as they do: the loss is not asked.
        let verdict = judge(records(80, preferred: 76, loss: 0.9), records(80, preferred: 44))
        #expect(verdict.outcome == .pass, "\(verdict.summary)")
        #expect(verdict.gates.map(\.metric) == [.loss, .preferenceAccuracy, .preferenceAccuracy])
        #expect(verdict.gates.map(\.kind) == [.integrity, .nonInferiority, .superiority])
        let better = try #require(verdict.gates.last)
        #expect(better.candidate == 0.95 && better.reference == 0.55 && better.rows == 80)
        #expect(better.explanation.contains("McNemar"), "paired like accuracy")
        #expect(verdict.summary.hasPrefix("preference_accuracy 0.55 → 0.95"))
        #expect(verdict.figures[.candidate]?[.gate]?[.preferenceMargin] ?? 0 > 4)
    }

    @Test func aModelThatPrefersTheWorseAnswerFails() {
        #expect(judge(records(80, preferred: 40), records(80, preferred: 76)).outcome == .fail)
    }

    @Test func tiesAreHalf() throws {
        let tied = records(40, preferred: 20, ties: 20).map(MetricInput.init)
        let metric = try #require(MetricRegistry.metric(.preferenceAccuracy))
        #expect(metric.value(tied) == 0.75)
        let found = try #require(
            metric.compare(
                tied, records(40, preferred: 20).map(MetricInput.init), alpha: 0.05, seed: 1))
        #expect(found.difference == 0.25 && found.lower > 0)
    }

    @Test func theOtherKindMustNotBeWorse() throws {
        let base = records(60, preferred: 33, answers: 20)
        let good = judge(records(60, preferred: 58, answers: 20, loss: 0.49), base) { $0.margin = 0.05 }
        #expect(good.outcome == .pass, "\(good.summary)")
        #expect(good.gates.first { $0.metric == .loss && $0.kind == .nonInferiority }?.slice == "rows=answers")
        #expect(good.gates.first { $0.metric == .loss && $0.kind == .nonInferiority }?.rows == 20)
        // What the model knew is worse: the pairs do not make good for it.
        let forgot = judge(records(60, preferred: 58, answers: 20, loss: 0.9), base)
        #expect(forgot.outcome == .fail)
        // The greater part gives the primary metric.
        let others = judge(
            records(20, preferred: 18, answers: 60, loss: 0.3), records(20, preferred: 18, answers: 60))
        let better = try #require(others.gates.last { $0.kind == .superiority })
        #expect(better.metric == .loss && better.slice == "rows=answers" && better.outcome == .pass)
        #expect(others.gates.contains { $0.metric == .preferenceAccuracy && $0.kind == .nonInferiority })
    }

    @Test func askedForAsCompletionsTheyAreJudgedAsSuch() {
        let verdict = judge(records(80, preferred: 40, loss: 0.3), records(80, preferred: 76), pairs: false)
        #expect(verdict.outcome == .pass, "\(verdict.summary)")
        #expect(verdict.gates.allSatisfy { $0.metric == .loss && $0.slice == nil })
    }

    @Test func whatWasNotMeasuredFails() {
        var broken = records(80, preferred: 76)
        broken[3].rejectedLossSum = .nan
        #expect(judge(broken, records(80, preferred: 40)).outcome == .fail)
        let old = records(80, preferred: 40).map { record in
            var record = record
            record.rejectedLossSum = nil
            return record
        }
        let verdict = judge(records(80, preferred: 76), old)
        #expect(verdict.outcome == .fail, "scores of a model from before rejected answers were scored")
    }

    @Test func rulesBoundLengthAndRepetition() throws {
        func longer(_ tokens: Int, _ text: String) -> [ExampleRecord] {
            records(80, preferred: 76).map { record in
                var record = record
                (record.outputTokens, record.output) = (tokens, text)
                return record
            }
        }
        var length = GateRuleSettings(metric: .outputTokens)
        (length.maxRegression, length.relative) = (0.25, true)
        var repetition = GateRuleSettings(metric: .repetition)
        repetition.maxRegression = 0.05
        let base = records(80, preferred: 40)
        func outcome(_ candidate: [ExampleRecord]) -> [Verdict.Outcome] {
            judge(candidate, base) { $0.rules = [length, repetition] }.gates.suffix(2).map(\.outcome)
        }
        #expect(outcome(longer(7, "a b c d e f g")) == [.pass, .pass])
        #expect(outcome(longer(12, "a b c d e f a b c d e f")) == [.fail, .fail])
        #expect(outcome(longer(2, "a b")) == [.pass, .pass], "shorter answers are no growth")
    }
}
