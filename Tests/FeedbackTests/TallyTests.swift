import Foundation
import Statistics
import Testing

@testable import Feedback

/// When a version's answers are too often bad.
struct TallyTests {
    private func votes(_ raters: [(name: String, count: Int, bad: Int)]) -> [Vote] {
        raters.flatMap { (name: String, count: Int, bad: Int) in
            (0..<count).map { Vote(isGood: $0 >= bad, by: name, at: Date(timeIntervalSince1970: Double($0))) }
        }
    }

    @Test func oneRaterCountsForAtMostAFifth() {
        #expect(Tally(votes([("a", 100, 100)])).counted.isEmpty)
        #expect(Tally(votes([("a", 9, 9), ("b", 9, 0), ("c", 9, 0), ("d", 9, 0)])).counted.isEmpty)
        let tally = Tally(votes([("a", 100, 100), ("b", 10, 0), ("c", 10, 0), ("d", 10, 0), ("e", 10, 0)]))
        #expect(tally.counted.count == 50 && tally.counted.count { $0.by == "a" } == 10)
        let uneven = Tally(votes([("a", 100, 100), ("b", 7, 0), ("c", 3, 0), ("d", 2, 0), ("e", 2, 0), ("f", 1, 0)]))
        let counts = Dictionary(grouping: uneven.counted, by: \.by).mapValues(\.count)
        #expect(counts.values.allSatisfy { 5 * $0 <= uneven.counted.count })
        #expect(counts["a"] == 2)
    }

    /// As people rate on, what counted goes on to count: bounds that hold at all looks need that.
    @Test func whatCountsOnlyGrows() {
        let random = CounterRandom(seed: 7)
        var all: [Vote] = []
        var before: [Vote] = []
        for index in 0..<300 {
            let rater = "r\(random.index(UInt64(index), below: 9) * random.index(UInt64(index + 1000), below: 9) / 9)"
            all.append(Vote(isGood: index % 3 > 0, by: rater, at: Date(timeIntervalSince1970: Double(index))))
            let counted = Tally(all).counted
            #expect(Set(before).isSubset(of: counted))
            before = counted
        }
        #expect(before.count > 100)
    }

    @Test func aLoneVoiceTakesNothingBack() {
        let tally = Tally(votes([("a", 500, 500)]))
        #expect(tally.objection(above: 0.2, minimum: 20) == nil)
        #expect(tally.bad == 500 && tally.badShare?.share == 1)
    }

    @Test func manyBadAnswersDoAndFewDoNot() throws {
        let raters = ["a", "b", "c", "d", "e", "f"]
        let bad = Tally(votes(raters.map { ($0, 10, 6) }))
        let objection = try #require(bad.objection(above: 0.2, minimum: 20))
        #expect(objection.hasPrefix("36 of 60 rated answers are bad: at least "))
        #expect(bad.objection(above: 0.2, minimum: 61) == nil)
        #expect(Tally(votes(raters.map { ($0, 3, 3) })).objection(above: 0.2, minimum: 20) == nil)
        #expect(Tally(votes(raters.map { ($0, 10, 2) })).objection(above: 0.2, minimum: 20) == nil)
        #expect(Tally([]).objection(above: 0.2, minimum: 0) == nil && Tally([]).badShare == nil)
    }
}
