import Foundation
import Testing

@testable import Statistics

/// The error rates that a verdict states are the error rates that it has.
@Suite struct FalsePromotionTests {
    /// The exact probability of passing when the candidate is worse by exactly the margin: no simulation is needed.
    @Test(arguments: [(20, 0.05), (60, 0.1), (100, 0.05), (200, 0.02)])
    func nonInferiorityErrsAtMostAsOftenAsStated(count: Int, margin: Double) {
        var passes: [(Int, Int)] = []
        for gained in 0...count {
            // More losses only make it worse: stop at the first that fails.
            for lost in 0...(count - gained) {
                let table = PairedProportions(count: count, gained: gained, lost: lost)
                guard table.nonInferiorityPValue(margin: margin) <= 0.05 else { break }
                passes.append((gained, lost))
            }
        }
        #expect(!passes.isEmpty || count < 58)
        for q in stride(from: margin, through: (1 + margin) / 2, by: 0.01) {
            let p = q - margin
            let error = passes.reduce(0.0) { total, cell in
                total + BinomialDistribution.pmf(cell.1, count, q)
                    * BinomialDistribution.pmf(cell.0, count - cell.1, q < 1 ? min(1, p / (1 - q)) : 0)
            }
            #expect(error <= 0.0505, "with \(q) of rows lost, \(error)")
        }
    }

    @Test func boundAndPValueAgree() {
        for (count, gained, lost) in [(40, 6, 3), (150, 4, 9), (300, 0, 0), (80, 20, 2)] {
            let table = PairedProportions(count: count, gained: gained, lost: lost)
            let bound = table.lowerBound()
            #expect(bound < table.difference)
            #expect(table.nonInferiorityPValue(margin: -(bound - 0.003)) <= 0.05)
            #expect(table.nonInferiorityPValue(margin: -(bound + 0.003)) > 0.05)
        }
    }

    /// Losses that differ by nothing on average: superiority is claimed at most about one time in twenty.
    @Test(arguments: [30, 120])
    func superiorityOfEqualModelsIsSeldomClaimed(count: Int) throws {
        var claims = 0
        let trials = 1_000
        for trial in 0..<trials {
            let random = CounterRandom(seed: 99, stream: UInt64(trial))
            // Skewed differences, as losses have: an exponential minus its mean.
            let differences = (0..<count).map { -log(1 - random.unit(UInt64($0))) - 1 }
            let result = try #require(PairedBootstrap.mean(of: differences, seed: UInt64(trial), resamples: 500))
            if result.lower > 0 { claims += 1 }
        }
        // 0.05 and three standard errors of the simulation.
        #expect(Double(claims) / Double(trials) <= 0.05 + 3 * (0.05 * 0.95 / Double(trials)).squareRoot())
    }
}
