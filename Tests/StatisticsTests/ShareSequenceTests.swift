import Foundation
import Testing

@testable import Statistics

/// Bounds of a share that hold at all looks together.
struct ShareSequenceTests {
    /// The fewest hits of so many trials by which a share is said to lie above `bar`, by the number of trials.
    private func fewest(above bar: Double, trials: Int) -> [Int] {
        var hits = 0
        return (0...trials).map { count in
            // More trials need at least as many hits.
            while hits <= count, ShareSequence.evidence(hits: hits, of: count, against: bar) < -log(0.05) { hits += 1 }
            return hits
        }
    }

    /// How many of so many series of trials ever say that a share lies above `bar`, looked at after each trial from the
    /// twentieth on.
    private func crossings(share: Double, bar: Double, series: Int, trials: Int) -> Int {
        let random = CounterRandom(seed: 42)
        let fewest = fewest(above: bar, trials: trials)
        return (0..<series).count { one in
            var hits = 0
            return (1...trials).contains { count in
                if random.unit(UInt64(one * (trials + 1) + count)) < share { hits += 1 }
                return count >= 20 && hits >= fewest[count]
            }
        }
    }

    /// The promise to pipelines: a version whose true share is the threshold is rolled back in at most 5 of 100, looked
    /// at after each of 1,000 ratings.
    @Test(arguments: [0.05, 0.2, 0.5])
    func aShareAtTheBarIsSeldomSaidToLieAboveIt(bar: Double) {
        #expect(crossings(share: bar, bar: bar, series: 600, trials: 1000) <= 30)
    }

    @Test func aShareFarAboveTheBarIsFoundSoon() {
        #expect(crossings(share: 0.4, bar: 0.2, series: 100, trials: 300) == 100)
        #expect(crossings(share: 0.1, bar: 0.2, series: 100, trials: 1000) == 0)
    }

    @Test func theBoundIsWhereTheEvidenceReachesItsBar() {
        for (hits, trials) in [(1, 1), (5, 20), (19, 20), (300, 1000), (20, 20)] {
            let bound = ShareSequence.lowerBound(hits: hits, of: trials)
            #expect(bound < Double(hits) / Double(trials))
            if bound > 0 {
                #expect(ShareSequence.evidence(hits: hits, of: trials, against: bound * 0.999) >= 2.99)
                #expect(ShareSequence.evidence(hits: hits, of: trials, against: bound * 1.001) <= 3.0)
            }
        }
        #expect(ShareSequence.lowerBound(hits: 0, of: 50) == 0 && ShareSequence.lowerBound(hits: 0, of: 0) == 0)
        let (few, many) = (
            ShareSequence.interval(hits: 10, of: 50), ShareSequence.interval(hits: 200, of: 1000)
        )
        #expect(few.lower < many.lower && many.lower < 0.2 && 0.2 < many.upper && many.upper < few.upper)
    }
}
