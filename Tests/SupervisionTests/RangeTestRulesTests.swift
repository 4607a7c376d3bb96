import Foundation
import Nouns
import Testing

@testable import Supervision

struct RangeTestRulesTests {
    func range(_ suggested: Double) -> RangeTestResult {
        RangeTestResult(
            suggested: suggested, learningRates: [1e-6, 1e-3], losses: [3, 2], smoothed: [3, 2], reason: "Because.")
    }

    func run(
        _ id: RunID, base: BaseID = "b", mode: Run.Mode = .fromBase, range: RangeTestResult? = nil,
        _ change: (inout Recipe) -> Void = { _ in }
    ) -> Run {
        var recipe = Recipe()
        recipe.learningRate = nil
        change(&recipe)
        var run = Run(
            id: id, pipeline: "p", mode: mode, base: base, snapshot: "s", drops: [], recipe: recipe,
            createdAt: Date(timeIntervalSince1970: 0), requestedBy: "t")
        run.range = range
        return run
    }

    @Test func theSuggestionIsTakenAndWarmStartsBeginLower() {
        let cold = RangeTestRules.choose(range(8e-4), mode: .fromBase, warmStartRatio: 0.25)
        #expect(cold.rate == 8e-4 && cold.note.contains("Because."))
        let warm = RangeTestRules.choose(range(8e-4), mode: .continued, warmStartRatio: 0.25, earlier: "r-7")
        #expect(warm.rate == 2e-4)
        #expect(warm.note.contains("warm start begins lower") && warm.note.contains("r-7"))
        #expect(RangeTestRules.choose(range(8e-4), mode: .stack, warmStartRatio: 0.25).rate == 8e-4)
    }

    @Test func pairsTakeATenth() {
        var pairs = range(8e-4)
        pairs.ofPairs = true
        let cold = RangeTestRules.choose(pairs, mode: .fromBase, warmStartRatio: 0.5)
        #expect(abs(cold.rate - 8e-5) < 1e-12 && cold.note.contains("pairs"))
        #expect(abs(RangeTestRules.choose(pairs, mode: .continued, warmStartRatio: 0.5).rate - 4e-5) < 1e-12)
    }

    @Test func aSweepThatFoundNothingGivesTheDefault() {
        for suggested in [RangeTestRules.lowest, 0, .nan] {
            let choice = RangeTestRules.choose(range(suggested), mode: .fromBase, warmStartRatio: 0.5)
            #expect(choice.rate == RangeTestRules.fallback)
            #expect(choice.note.contains("default"))
            // Pairs want a lower one.
            var pairs = range(suggested)
            pairs.ofPairs = true
            #expect(
                RangeTestRules.choose(pairs, mode: .fromBase, warmStartRatio: 0.5).rate
                    == RangeTestRules.fallbackOfPairs)
        }
    }

    @Test func aSweepHoldsForTheSameBaseRecipeAndSize() {
        let now = run("r-9")
        let rows: (Run) -> Int = { $0.id == "r-1" ? 300 : 100 }
        let sweep = range(1e-3)
        #expect(
            RangeTestRules.reusable(for: now, among: [run("r-2"), run("r-3", range: sweep)], rows: rows)?.earlier
                == "r-3")
        // How long one trains changes nothing, what one trains does.
        #expect(
            RangeTestRules.reusable(
                for: now,
                among: [
                    run("r-3", range: sweep) {
                        $0.epochs = 9; $0.learningRate = 1e-3
                    }
                ], rows: rows) != nil)
        #expect(RangeTestRules.reusable(for: now, among: [run("r-3", range: sweep) { $0.rank = 4 }], rows: rows) == nil)
        #expect(RangeTestRules.reusable(for: now, among: [run("r-3", base: "c", range: sweep)], rows: rows) == nil)
        #expect(RangeTestRules.reusable(for: now, among: [run("r-1", range: sweep)], rows: rows) == nil)
        #expect(RangeTestRules.reusable(for: now, among: [run("r-9", range: sweep)], rows: rows) == nil)
    }
}
