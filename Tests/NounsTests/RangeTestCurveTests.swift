import Foundation
import Testing

@testable import Nouns

/// The rate that a sweep proposes, from curves whose answer is plain.
struct RangeTestCurveTests {
    let rates = (0..<41).map { 1e-6 * pow(1e5, Double($0) / 40) }

    @Test func proposesAThirdOfTheRateOfTheLowestLoss() {
        // Flat, then falling around 3e-4, lowest near 1e-2, then away.
        let losses = rates.map { rate in
            8 - 7 / (1 + exp(-4 * (log10(rate) + 3.5))) + (rate > 2e-2 ? 30 * (rate - 2e-2) / 2e-2 : 0)
        }
        let result = RangeTestRules.read(rates, losses, lowest: 1e-6)
        #expect(result.suggested > 2e-3 && result.suggested < 1e-2, "\(result.suggested)")
        #expect(result.learningRates == rates && result.losses == losses && result.smoothed.count == 41)
        #expect(!result.reason.isEmpty)
    }

    @Test func aCurveThatNeverFallsGetsTheLowestRate() {
        #expect(RangeTestRules.read(rates, rates.map { 2 + $0 }, lowest: 1e-6).suggested == 1e-6)
        #expect(RangeTestRules.read([], [], lowest: 1e-6).suggested == 1e-6)
        #expect(RangeTestRules.read(Array(rates.prefix(3)), [3, 2, 1], lowest: 1e-6).suggested == 1e-6)
    }

    @Test func smoothingIsCentred() {
        #expect(RangeTestRules.smooth([1, 2, 9, 2, 1], reach: 2) == [1, 4, 3, 4, 1])
        #expect(RangeTestRules.smooth([], reach: 2).isEmpty)
    }
}
