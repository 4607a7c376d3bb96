import Foundation
import Testing

@testable import Training

/// The rate that a sweep proposes, from curves whose answer is plain.
struct RangeTestRules {
    let rates = (0..<41).map { 1e-6 * pow(1e5, Double($0) / 40) }

    @Test func proposesAThirdOfTheRateOfTheLowestLoss() {
        // Flat, then falling around 3e-4, lowest near 1e-2, then away.
        let losses = rates.map { rate in
            8 - 7 / (1 + exp(-4 * (log10(rate) + 3.5))) + (rate > 2e-2 ? 30 * (rate - 2e-2) / 2e-2 : 0)
        }
        let result = RangeTest.choose(rates, losses, lowest: 1e-6)
        #expect(result.suggested > 2e-3 && result.suggested < 1e-2, "\(result.suggested)")
        #expect(result.learningRates == rates && result.losses == losses && result.smoothed.count == 41)
        #expect(!result.reason.isEmpty)
    }

    @Test func aCurveThatNeverFallsGetsTheLowestRate() {
        #expect(RangeTest.choose(rates, rates.map { 2 + $0 }, lowest: 1e-6).suggested == 1e-6)
        #expect(RangeTest.choose([], [], lowest: 1e-6).suggested == 1e-6)
        #expect(RangeTest.choose(Array(rates.prefix(3)), [3, 2, 1], lowest: 1e-6).suggested == 1e-6)
    }

    @Test func smoothingIsCentred() {
        #expect(RangeTest.smooth([1, 2, 9, 2, 1], reach: 2) == [1, 4, 3, 4, 1])
        #expect(RangeTest.smooth([], reach: 2).isEmpty)
    }
}
