import Foundation
import Nouns
import Testing

@testable import Experiments

struct SearchSpaceTests {
    let space = SearchSpace([
        SearchDimension(name: "learning_rate", kind: .logUniform(1e-5, 1e-2)),
        SearchDimension(name: "rank", kind: .choice([4, 16])),
        SearchDimension(name: "batch_rows", kind: .int(2, 9)), SearchDimension(name: "dropout", kind: .uniform(0, 0.5)),
    ])

    @Test func randomValuesStayInsideAndDependOnSeedAndNumberAlone() {
        var decades = [0, 0, 0]
        for number in 0..<600 {
            let values = space.random(seed: 7, number: number)
            #expect(values == space.random(seed: 7, number: number))
            let rate = values["learning_rate"]?.doubleValue ?? 0
            #expect(rate >= 1e-5 && rate <= 1e-2)
            decades[min(2, max(0, Int(log10(rate) + 5)))] += 1
            let rows = values["batch_rows"]?.doubleValue ?? 0
            #expect(rows >= 2 && rows <= 9)
            #expect([4, 16].contains(values["rank"]))
        }
        // Every decade is equally likely: 200 expected, standard deviation 11.5.
        for count in decades { #expect(abs(count - 200) < 50) }
        #expect(space.random(seed: 7, number: 1) != space.random(seed: 8, number: 1))
    }

    @Test func gridIsEveryCombinationUpToItsLimit() {
        let small = SearchSpace([
            SearchDimension(name: "learning_rate", kind: .logUniform(1e-4, 1e-2)),
            SearchDimension(name: "rank", kind: .choice([4, 16])),
        ])
        let grid = small.grid(points: 3, limit: 100)
        #expect(grid.count == 6)
        #expect(Set(grid).count == 6)
        let rates = Set(grid.compactMap { $0["learning_rate"]?.doubleValue }).sorted()
        for (rate, wanted) in zip(rates, [1e-4, 1e-3, 1e-2]) { #expect(abs(rate / wanted - 1) < 1e-9) }
        #expect(small.grid(points: 1000, limit: 5).count == 5)
        #expect(SearchSpace([]).grid(points: 3, limit: 9).isEmpty)
    }

    @Test func valuesAndUnitsAreInverse() {
        for dimension in space.dimensions {
            for step in 0...20 {
                let value = dimension.value(at: Double(step) / 20)
                let unit = dimension.unit(of: value)
                #expect(unit != nil)
                if let unit {
                    #expect(
                        dimension.value(at: unit) == value
                            || abs((dimension.value(at: unit).doubleValue ?? 0) - (value.doubleValue ?? 1)) < 1e-9)
                }
            }
            #expect(dimension.unit(of: "nonsense") == nil)
        }
    }

    @Test func parzenFindsTheMinimumOfAParabolaSoonerThanChance() {
        let space = SearchSpace([SearchDimension(name: "learning_rate", kind: .logUniform(1e-6, 1))])
        func loss(_ values: [String: JSONValue]) -> Double {
            pow(log10(values["learning_rate"]?.doubleValue ?? 1) + 3, 2)
        }
        var (parzen, chance) = (0.0, 0.0)
        for seed in 0..<20 as Range<UInt64> {
            var results: [(values: [String: JSONValue], loss: Double)] = []
            for number in 0..<30 {
                let values = ParzenProposals.propose(space, results: results, seed: seed, number: number)
                let rate = values["learning_rate"]?.doubleValue ?? 0
                #expect(rate >= 1e-6 && rate <= 1)
                results.append((values, loss(values)))
            }
            // What the last ten proposals are worth on average.
            parzen += results.suffix(10).map(\.loss).reduce(0, +) / 200
            chance += (100..<110).map { loss(space.random(seed: seed, number: $0)) }.reduce(0, +) / 200
        }
        // Optuna 4's TPESampler (8 start-up trials, the same twenty seeds' number) comes to 0.97 here, chance to 3.1.
        #expect(parzen < chance / 2.5)
    }

    @Test func recipeKeysTakeWhatTheyShouldAndRefuseTheRest() {
        var recipe = Recipe()
        for (name, key) in Recipe.searchable {
            #expect(key.set("nonsense", in: &recipe) != nil, "\(name)")
            #expect(key.set(.number(-1), in: &recipe) != nil, "\(name)")
        }
        #expect(recipe == Recipe())
        let changed = recipe.setting(["rank": .number(8), "learning_rate": 0.001, "schedule": "linear", "base": "x"])
        #expect(changed.rank == 8 && changed.learningRate == 0.001 && changed.schedule == .linear)
    }

    @Test func epochsFollowOpenAIsRule() {
        #expect(EpochsRule.epochs(rows: 0) == 3)
        #expect(EpochsRule.epochs(rows: 1) == 25)
        #expect(EpochsRule.epochs(rows: 10) == 10)
        #expect(EpochsRule.epochs(rows: 33) == 3)
        #expect(EpochsRule.epochs(rows: 1000) == 3)
        #expect(EpochsRule.epochs(rows: 10_000) == 2)
        #expect(EpochsRule.epochs(rows: 1_000_000) == 1)
    }
}
