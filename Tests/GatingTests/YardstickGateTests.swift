import Foundation
import Nouns
import Settings
import TestSupport
import Testing

@testable import Gating

/// The simplest alternatives beside the models, and the gate that asks for more than they reach.
@Suite struct YardstickGateTests {
    /// `linear` says which of the rows the linear model answers rightly; nobody guesses the class.
    private func asked(_ count: Int, linear: (Int) -> Bool) -> GatingRules.Evidence.YardstickEvidence {
        .init(
            right: Dictionary(
                uniqueKeysWithValues: (0..<count).map {
                    (RowID("gate-\($0)"), [.commonest: $0 % 2 == 0, .linear: linear($0)])
                }), learnt: [.commonest: 400, .linear: 400])
    }

    private func verdict(
        _ count: Int, asks: Bool = false, served: Bool = true,
        _ evidence: GatingRules.Evidence.YardstickEvidence?
    ) -> Verdict {
        Cases.judge(
            Cases.strong(count), served: served ? Cases.weak(count) : nil, base: Cases.weak(count)
        ) {
            $0.beatSimplest = asks
        } evidence: {
            $0.yardstick = evidence
        }
    }

    @Test func theyStandBesideTheModelsWithPairedBounds() throws {
        let found = try #require(verdict(120, asked(120) { $0 % 4 != 0 }).yardstick)
        #expect(found.map(\.alternative) == [.commonest, .linear])
        let linear = try #require(found.last)
        #expect(linear.accuracy == 0.75 && linear.rows == 120 && linear.learnt == 400)
        #expect(abs(linear.candidate.difference - (110.0 / 120 - 0.75)) < 1e-9)
        #expect(linear.candidate.lower > 0 && linear.candidate.upper > linear.candidate.difference)
        let served = try #require(linear.served)
        #expect(abs(served.difference - (24.0 / 120 - 0.75)) < 1e-9 && served.upper < 0)
        #expect(linear.base == linear.served)
    }

    @Test func theyGateOnlyWhereThatIsAsked() {
        let better = asked(120) { $0 % 12 != 2 }
        #expect(!verdict(120, better).gates.contains { $0.kind == .yardstick })
        let gates = verdict(120, asks: true, better).gates.filter { $0.kind == .yardstick }
        #expect(gates.map(\.outcome) == [.pass, .inconclusive])
        let worse = verdict(120, asks: true, asked(120) { _ in true }).gates.filter { $0.kind == .yardstick }
        #expect(worse.map(\.outcome) == [.pass, .fail])
        let beaten = verdict(120, asks: true, asked(120) { $0 % 2 == 0 })
        #expect(beaten.outcome == .pass && beaten.gates.count { $0.kind == .yardstick } == 2)
    }

    @Test func whatWasNotMeasuredFails() throws {
        let gate = try #require(verdict(60, asks: true, nil).gates.last)
        #expect(gate.kind == .yardstick && gate.outcome == .fail)
        #expect(verdict(60, nil).yardstick == nil)
        // A row that nobody answered.
        let partial = verdict(60, asks: true, asked(59) { _ in false })
        #expect(partial.yardstick == nil && partial.outcome == .fail)
    }

    @Test func whatVerdictsCanShowIsSaidInRows() throws {
        let data = DataSettings()
        #expect(GateSizes.rows(gain: 0.1) > GateSizes.rows(gain: 0.2))
        let few = try #require(GateSizes.sentence(rows: 5, data))
        #expect(few.contains("decide next to nothing") && few.contains("30 points"))
        let some = try #require(GateSizes.sentence(rows: 60, data))
        #expect(some.contains("show a gain of 20 points"))
        // 10 points need 118 rows: 40 more at a quarter of what comes, and 18 at a tenth.
        #expect(GateSizes.rows(gain: 0.1) == 118 && some.contains("after some 340 more rows"), "\(some)")
        #expect(GateSizes.sentence(rows: 1000, data) == nil)
        var fixed = data
        fixed.gateShare = 0.5
        #expect(try #require(GateSizes.sentence(rows: 60, fixed)).contains("after some 116 more rows"))
    }
}
