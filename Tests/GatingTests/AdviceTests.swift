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
}
