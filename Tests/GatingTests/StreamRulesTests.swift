import EvaluationMetrics
import Foundation
import Nouns
import Statistics
import Testing

@testable import Gating

/// Promotion over a stream of runs: what is followed, what is held, and what is taken back.
struct StreamRulesTests {
    private func difference(_ count: Int, _ gained: Int, _ lost: Int) -> StreamRules.Difference {
        .init(PairedProportions(count: count, gained: gained, lost: lost))
    }

    @Test func theErrorsOfAStreamStayBelowHalfOfThePermitted() {
        let spent = (0..<10_000).reduce(0) { $0 + StreamRules.error(0.05, promotions: $1) }
        #expect(spent < 0.025 && spent > 0.0249)
    }

    @Test func aCandidateThatIsEstimatedToBeBetterIsFollowed() {
        let better = difference(50, 9, 3)
        #expect(StreamRules.follows(served: better, anchor: nil, margin: 0.02))
        #expect(!StreamRules.follows(served: difference(50, 4, 4), anchor: nil, margin: 0.02))
        // Better than what is served, which has fallen meanwhile.
        #expect(!StreamRules.follows(served: better, anchor: difference(50, 2, 5), margin: 0.02))
    }

    @Test func fewPromotionsMayRestOnNotWorseAlone() {
        let served = difference(400, 10, 8)
        func holds(_ promotions: Int) -> Bool {
            StreamRules.holds(
                served: served, anchor: difference(400, 14, 12), promotions: promotions, margin: 0.035, alpha: 0.05)
        }
        #expect(holds(1) && !holds(30))
        #expect(StreamRules.holds(served: served, anchor: nil, promotions: 0, margin: 0.03, alpha: 0.05))
    }

    @Test func theLookFindsTheWorseAndTheBetter() {
        func look(_ gained: Int, _ lost: Int, promotions: Int = 1) -> StreamRules.Look {
            StreamRules.look(
                difference(200, gained, lost), reverse: difference(200, lost, gained), promotions: promotions,
                alpha: 0.05)
        }
        #expect(look(4, 14) == .worse)
        #expect(look(9, 9) == .undecided)
        #expect(look(14, 5) == .better)
        // The same is not enough after many promotions, since each was a chance.
        #expect(look(14, 5, promotions: 20) == .undecided)
    }

    @Test func aStreamOfLabelledRowsIsNotHeldUpByItsLoss() throws {
        let served = Cases.records(60, right: { $0 % 4 != 0 }, loss: { _ in 0.3 })
        let candidate = Cases.records(60, right: { $0 % 8 != 0 }, loss: { 0.5 + Double($0 % 3) * 0.01 })
        let verdict = Cases.judge(candidate, served: served, base: Cases.weak(60)) { $0.overStream = true }
        #expect(verdict.outcome == .pass, "\(verdict.summary)")
        #expect(verdict.gates.map(\.kind) == [.integrity, .stream])
        #expect(Cases.judge(candidate, served: served, base: Cases.weak(60)).outcome == .fail)
        // The first promotion is asked as ever.
        let first = Cases.judge(candidate, base: Cases.weak(60)) { $0.overStream = true }
        #expect(first.gates.contains { $0.kind == .superiority })
    }

    @Test func whatFellBelowTheAnchorIsNotPassed() throws {
        let served = Cases.records(200, right: { $0 % 4 != 0 }, loss: { _ in 0.3 })
        let candidate = Cases.records(200, right: { $0 % 4 != 0 || $0 % 20 == 0 }, loss: { _ in 0.4 })
        let anchor = Cases.records(200, right: { _ in true }, loss: { _ in 0.2 })
        func judge(_ records: [ExampleRecord]) -> Verdict {
            Cases.judge(candidate, served: served, base: Cases.weak(200)) {
                $0.overStream = true
            } evidence: {
                $0.anchor = .init(version: "v-anchor", records: records, promotions: 3)
            }
        }
        let verdict = judge(anchor)
        let gate = try #require(verdict.gates.first { $0.kind == .stream })
        #expect(gate.outcome == .fail && gate.explanation.contains("v-anchor"))
        #expect(verdict.figures[.anchor]?[.gate]?[.accuracy] == 1)
        #expect(judge(served).outcome == .pass)
        // What cannot be compared with the anchor does not pass.
        #expect(judge(Array(anchor.dropLast())).outcome == .fail)
    }

    @Test func aSecondMetricIsHeldByTheAnchor() throws {
        func records(_ loss: Double) -> [ExampleRecord] {
            Cases.records(100, right: { $0 % 4 != 0 }, loss: { loss + Double($0 % 3) * 0.01 })
        }
        let verdict = Cases.judge(records(0.3), served: records(0.4), base: Cases.weak(100)) {
            ($0.overStream, $0.primary, $0.margin) = (true, "loss", 0.1)
        } evidence: {
            let anchor = Cases.records(100, right: { _ in true }, loss: { 0.4 + Double($0 % 3) * 0.01 })
            $0.anchor = .init(version: "v-anchor", records: anchor, promotions: 1)
        }
        #expect(verdict.gates.first { $0.kind == .stream }?.outcome == .pass)
        #expect(verdict.gates.contains { $0.metric == "accuracy" && $0.rule.contains("anchor") && $0.outcome == .fail })
    }

    @Test func theQuickTestOfTheSimulationGivesTheSameVerdicts() {
        let random = CounterRandom(seed: 3)
        var differing = 0
        for trial in 0..<1_000 {
            let count = 30 + random.index(UInt64(4 * trial), below: 120)
            let table = PairedProportions(
                count: count, gained: random.index(UInt64(4 * trial + 1), below: 9),
                lost: random.index(UInt64(4 * trial + 2), below: 9))
            let margin = random.unit(UInt64(4 * trial + 3)) / 5
            let (exact, quick) = (StreamRules.Difference(table).pValue(-margin), StreamRules.Difference(quick: table))
            for level in [0.05, 0.05 / 2 / 6] where (exact <= level) != (quick.pValue(-margin) <= level) {
                differing += 1
            }
        }
        #expect(differing == 0)
    }

    /// A short form of `bench-false-promotion stream`: candidates that are each a quarter of a margin worse.
    @Test func whatFallsALittleEachDayIsStopped() {
        var deep = 0
        for trial in 0..<12 {
            var stream = PromotionStream(seed: UInt64(trial), first: 200, daily: 10, days: 60)
            let fallen = stream.run(delta: -0.005).deepest
            if fallen > 0.03 { deep += 1 }
        }
        #expect(deep <= 2)
        var better = PromotionStream(seed: 1, first: 200, daily: 10, days: 60)
        #expect(better.run(delta: 0.005).gained > 0.05)
    }
}
