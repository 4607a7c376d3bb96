import Foundation
import Nouns
import Settings
import Testing

@testable import Gating

/// What to try after a run that was not good enough.
@Suite struct AdviceTests {
    /// Earlier runs whose error on class "a" fell as 2·n^(−1/2).
    static func past(_ sizes: [Int]) -> [GatingRules.PastRun] {
        sizes.map { rows in
            let wrong = Int((2 / Double(rows).squareRoot() * 1000).rounded())
            return GatingRules.PastRun(
                rows: rows, gates: [], confusion: ["a": ["a": 1000 - wrong, "b": wrong], "b": ["b": 1000]])
        }
    }

    static func verdict(_ history: [GatingRules.PastRun], rows: Int, right: @escaping (Int) -> Bool) -> Verdict {
        let candidate = Cases.records(200, right: right, loss: { 0.5 + Double($0 % 5) * 0.02 })
        return Cases.judge(
            candidate, served: Cases.strong(200), base: Cases.weak(200),
            evidence: {
                $0.history = history
                $0.trainingRows = rows
            })
    }

    @Test func theLearningCurveSaysHowManyRows() throws {
        // Class "a" (even rows) is right on half of its rows at 16 training rows, as the curve has it.
        let verdict = Self.verdict(Self.past([25, 36, 64]), rows: 16) { $0 % 2 == 1 || $0 % 4 == 0 }
        let advice = try #require(verdict.advice.first { $0.action == "more_data" })
        #expect(
            advice.reason.contains("The class 'a'") && advice.reason.contains("By the learning curve over 4 runs about")
        )
        // 2·n^(−1/2) = 0.2 at n = 100.
        let rows = try #require(advice.figures["training_rows"])
        #expect(abs(rows - 100) <= 5, "\(rows)")
    }

    @Test func tooFewRunsSaySo() throws {
        let verdict = Self.verdict([], rows: 16) { $0 % 2 == 1 || $0 % 4 == 0 }
        let advice = try #require(verdict.advice.first { $0.action == "more_data" })
        #expect(advice.reason.contains("cannot be said yet") && advice.figures["training_rows"] == nil)
    }

    @Test func aCurveThatDoesNotFallPromisesNothing() throws {
        let flat = [25, 36, 64].map {
            GatingRules.PastRun(rows: $0, gates: [], confusion: ["a": ["a": 500, "b": 500]])
        }
        let verdict = Self.verdict(flat, rows: 100) { $0 % 2 == 1 || $0 % 4 == 0 }
        #expect(
            try #require(verdict.advice.first { $0.action == "more_data" }).reason.contains(
                "more rows alone will not do"))
    }

    @Test func unstableLossAsksForALowerRate() {
        let calm = (0..<60).map { 2 - Double($0) * 0.02 }
        #expect(GatingRules.unstable(calm) == nil)
        var wild = calm
        for step in [20, 33, 47] { wild[step] = 6 }
        #expect(GatingRules.unstable(wild) == 3)
        #expect(GatingRules.unstable([5, 1]) == nil)
        let verdict = Cases.judge(
            Cases.weak(60), served: Cases.strong(60), base: Cases.strong(60), evidence: { $0.trainingLosses = wild })
        #expect(verdict.advice.first?.action == "lower_learning_rate" && verdict.advice.first?.figures["spikes"] == 3)
    }

    private static func training(steps: Int, best: Int, from start: Double, to end: Double) -> TrainingResult {
        TrainingResult(
            adapter: AdapterReference(path: "/a", sha256: "a"), steps: steps, bestStep: best, finalLoss: end,
            validationLoss: end, startValidationLoss: start, seconds: 1, tokens: 1, labelTokens: 1, tokensPerSecond: 1,
            peakMemoryBytes: 1, machine: "test")
    }

    /// Five steps that took the loss from 8.59 to 7.45 have not made a model yet, whatever the gate rows say.
    @Test func aModelThatIsStillLearningIsTrainedLonger() throws {
        let chatter = { Cases.records(5, right: { _ in false }, loss: $0) }
        let verdict = Cases.judge(
            chatter { 7 + Double($0) * 0.1 }, base: chatter { 8 + Double($0) * 0.1 },
            training: Self.training(steps: 5, best: 5, from: 8.59, to: 7.45),
            evidence: { $0.trainingLosses = [8.6, 8.4, 8.1, 7.8, 7.5] })
        #expect(verdict.advice.map(\.action) == ["train_longer"])
        #expect(verdict.advice[0].reason.contains("8.59 to 7.45 in 5 steps"))
    }

    @Test func aLongRunIsStillLearningOnlyWhereItsLossesFall() {
        let falling = (0..<100).map { 4 - Double($0) * 0.03 }
        let flat = falling.prefix(50) + Array(repeating: 2.5, count: 50)
        let training = Self.training(steps: 100, best: 100, from: 4, to: 1)
        #expect(GatingRules.stillLearning(training, falling)?.action == "train_longer")
        #expect(GatingRules.stillLearning(training, Array(flat)) == nil)
        #expect(GatingRules.stillLearning(Self.training(steps: 100, best: 60, from: 4, to: 1), falling) == nil)
    }

    @Test func answersThatWereCutComeFirst() throws {
        var candidate = Cases.strong(60)
        for row in candidate.indices where row % 3 == 0 {
            candidate[row].output = "a long"
            candidate[row].finish = "length"
            candidate[row].outputTokens = 64
        }
        let verdict = Cases.judge(candidate, served: Cases.strong(60), base: Cases.weak(60))
        let advice = try #require(verdict.advice.first)
        #expect(
            advice.action == "longer_answers" && advice.reason.hasPrefix("20 of 60 answers were cut after 64 tokens"))
    }

    /// Nothing can be better than right on every row; that more rows would show it is no help.
    @Test func aPerfectServedModelLeavesNothingToGain() throws {
        let perfect = Cases.records(48, right: { _ in true }, loss: { _ in 0.01 })
        let candidate = Cases.records(48, right: { $0 != 7 }, loss: { _ in 0.01 })
        let verdict = Cases.judge(candidate, served: perfect, base: Cases.weak(48))
        #expect(verdict.advice.map(\.action) == ["nothing_to_gain"])
    }

    @Test func gateRowsAreAskedForOnlyWhereTheyAloneWouldDo() {
        let close = Cases.judge(
            Cases.records(40, right: { $0 % 12 != 1 || $0 == 1 }, loss: { 0.2 + Double($0 % 5) * 0.02 }),
            served: Cases.strong(40), base: Cases.weak(40))
        #expect(close.advice.contains { $0.action == "more_gate_rows" })
        let worse = Cases.judge(Cases.weak(40), served: Cases.strong(40), base: Cases.weak(40))
        #expect(!worse.advice.contains { $0.action == "more_gate_rows" })
    }
}
