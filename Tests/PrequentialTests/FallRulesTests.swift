import Foundation
import Nouns
import Testing

@testable import Prequential

/// A fall of the answers to new drops is told soon, and seldom where there is none.
struct FallRulesTests {
    /// Draws that follow from the seed alone (SplitMix64).
    private struct Draws: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    private func point(_ index: Int, _ rows: Int, _ share: Double, _ draws: inout Draws) -> FallRules.Point {
        let right = (0..<rows).reduce(0) { sum, _ in sum + (Double.random(in: 0..<1, using: &draws) < share ? 1 : 0) }
        return FallRules.Point(drop: DropID("d-\(index)"), asked: rows, right: right)
    }

    @Test(arguments: [0.6, 0.8, 0.95]) func withoutAChangeAtMostOneAlarmIn200Drops(share: Double) {
        var draws = Draws(state: 20)
        var points: [FallRules.Point] = []
        var alarms = 0
        let drops = 4_000
        for index in 0..<drops {
            points.append(point(index, [150, 40, 400][index % 3], share, &draws))
            if FallRules.fall(points) != nil { alarms += 1 }
            if points.count > 30 { points.removeFirst() }
        }
        #expect(alarms * 200 <= drops, "\(alarms) alarms in \(drops) drops")
    }

    /// Ten points less from one drop to the next, of 150 rows each.
    @Test(arguments: [0.8, 0.9, 0.95]) func aFallOfTenPointsIsNamedWithinTwoDrops(share: Double) {
        var draws = Draws(state: 7)
        var named = 0
        for _ in 0..<300 {
            var points = (0..<10).map { point($0, 150, share, &draws) }
            points.append(point(10, 150, share - 0.1, &draws))
            let first = FallRules.fall(points)
            points.append(point(11, 150, share - 0.1, &draws))
            if let found = first ?? FallRules.fall(points) {
                named += 1
                #expect(found.now < found.before && found.drops.contains { $0 == "d-10" || $0 == "d-11" })
            }
        }
        #expect(named >= 225, "\(named) of 300 falls were named")
    }

    @Test func fewRowsAndRisesAreNoFall() {
        let good = (0..<5).map { FallRules.Point(drop: DropID("g-\($0)"), asked: 150, right: 120) }
        #expect(FallRules.fall(good) == nil)
        #expect(FallRules.fall(good + [.init(drop: "few", asked: 10, right: 0)]) == nil)
        #expect(FallRules.fall(good + [.init(drop: "better", asked: 150, right: 150)]) == nil)
        #expect(FallRules.fall([.init(drop: "first", asked: 150, right: 0)]) == nil)
        let fall = FallRules.fall(good + [.init(drop: "bad", asked: 150, right: 75)])
        #expect(fall?.drops == ["bad"] && fall?.before == 0.8 && fall?.now == 0.5)
    }
}
