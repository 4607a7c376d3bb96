import EvaluationMetrics
import Foundation
import Nouns
import Settings
import Statistics
import Testing

@testable import Gating
@testable import PromotionStreams

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
        // A loss that somebody writes a rule for is a gate.
        let written = Cases.judge(candidate, served: served, base: Cases.weak(60)) {
            var rule = GateRuleSettings(metric: .loss)
            rule.maxRegression = 0.02
            ($0.overStream, $0.rules) = (true, [rule])
        }
        #expect(written.outcome == .fail)
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

    @Test func recentRowsThatDisagreeWithOlderOnesAreNamed() throws {
        func records(_ right: @escaping (Int) -> Bool) -> [ExampleRecord] {
            Cases.records(200, drop: { $0 < 160 ? "d-1" : "d-2" }, right: right, loss: { _ in 0.3 })
        }
        let candidate = records { $0 < 160 ? $0 % 3 != 0 : $0 % 10 != 0 }
        let served = records { $0 < 160 ? $0 % 10 != 0 : $0 % 3 != 0 }
        let verdict = Cases.judge(candidate, served: served, base: Cases.weak(200), newDrops: ["d-2"]) {
            $0.overStream = true
        }
        let gate = try #require(verdict.gates.first { $0.kind == .stream })
        #expect(gate.outcome == .fail && gate.explanation.contains("gates.window"))
        let alike = Cases.judge(served, served: served, base: Cases.weak(200), newDrops: ["d-2"]) {
            $0.overStream = true
        }
        #expect(!alike.gates.contains { $0.explanation.contains("gates.window") })
    }

    @Test func aModelThatIsJudgedAgainIsHeldAtItsShare() {
        let served = difference(400, 10, 8)
        func holds(_ tries: Int) -> Bool {
            StreamRules.holds(
                served: served, anchor: nil, promotions: 0, margin: 0.025, alpha: 0.05, tries: tries)
        }
        #expect(holds(0) && holds(1) && !holds(9))
    }

    @Test func theQuickTestOfLossesGivesTheSameVerdicts() {
        var differing = 0
        for trial in 0..<1_000 {
            let random = CounterRandom(seed: 9, stream: UInt64(trial))
            let shift = random.unit(1_000) * 0.2 - 0.05
            let rows = (0..<(20 + trial % 60)).map { shift - log(1 - random.unit(UInt64($0))) * 0.3 - 0.3 }
            let quick = StreamRules.Difference(quick: rows).pValue(0)
            let whole = PairedBootstrap.mean(of: rows, seed: 7)?.pValue ?? 1
            // Levels at which something is shown to be better; a tenth of the resamples differs by their number only.
            for level in [0.1, 0.05] where (quick <= level) != (whole <= level) && abs(whole - level) > 0.3 * level {
                differing += 1
            }
        }
        #expect(differing == 0)
    }

    @Test func anUndecidedModelIsGoneOnFromWhereValidationRowsAllowIt() throws {
        let served = Cases.records(30, right: { $0 % 3 != 0 }, loss: { _ in 0.3 })
        func found(_ right: @escaping (Int) -> Bool) throws -> Verdict {
            Cases.judge(served, served: served, base: Cases.weak(30)) {
                $0.overStream = true
            } evidence: {
                let before = Cases.records(20, set: .validation, right: { $0 % 4 != 0 }, loss: { _ in 0.3 })
                $0.validation = (Cases.records(20, set: .validation, right: right, loss: { _ in 0.9 }), before)
            }
        }
        let better = try found { _ in true }
        #expect(better.outcome == .inconclusive, "the gate rows alone decide nothing")
        let continuation = try #require(better.continuation)
        #expect(continuation.goesOn && continuation.metric == .accuracy && continuation.rows == 20)
        #expect(try found { $0 % 4 != 0 }.continuation?.goesOn == true, "it need not be better")
        #expect(try found { $0 % 2 != 0 }.continuation?.goesOn == false)
        #expect(Cases.judge(served, served: served, base: Cases.weak(30)).continuation == nil)
    }
}

/// Short forms of `bench-false-promotion stream`: what is served over months of daily verdicts.
struct PromotionStreamTests {
    private func play(_ streams: Int, _ setting: PromotionStream.Setting) -> [PromotionStream.Outcome] {
        (0..<streams).map { trial in
            var stream = PromotionStream(seed: UInt64(trial), setting)
            return stream.run()
        }
    }

    private func mean(_ outcomes: [PromotionStream.Outcome], _ value: (PromotionStream.Outcome) -> Double) -> Double {
        outcomes.reduce(0) { $0 + value($1) } / Double(outcomes.count)
    }

    @Test(arguments: [PromotionStream.Measure.accuracy, .loss])
    func whatFallsALittleEachDayIsStopped(measure: PromotionStream.Measure) {
        var setting = PromotionStream.Setting(200, 10, days: 40, .fixed(-0.005))
        setting.measure = measure
        // The bar of the long form: a margin and a quarter, on average.
        #expect(mean(play(6, setting), \.deepest) <= 1.25 * PromotionStream.Setting.margin)
    }

    @Test func whatIsBetterEachDayIsFollowed() {
        var setting = PromotionStream.Setting(200, 10, days: 40, .fixed(0.005))
        let gained = mean(play(4, setting), \.gained)
        #expect(gained > 0.05)
        setting.rule = .strict
        #expect(mean(play(4, setting), \.gained) < gained)
    }

    @Test func aSecondMetricDoesNotFallBelowItsAnchor() {
        var setting = PromotionStream.Setting(200, 10, days: 40, .fixed(0.005))
        setting.second = -0.01
        #expect(mean(play(4, setting), \.deepest2) < 0.03)
    }

    @Test func undecidedModelsAreGoneOnFromAndJudgedAgain() {
        let setting = PromotionStream.Setting(15, 15, days: 14, .learning(badDays: true))
        let outcomes = play(6, setting)
        #expect(outcomes.contains { $0.continued > 0 } && outcomes.contains { $0.judgedAgain > 0 })
        #expect(mean(outcomes, \.behind) < 0.02)
    }

    @Test func equalCandidatesPassNoMoreOftenForCorrections() {
        var setting = PromotionStream.Setting(15, 15, days: 40, .fixed(0))
        setting.corrections = .apart
        let apart = mean(play(8, setting)) { Double($0.promotions) }
        setting.corrections = .judged
        #expect(mean(play(8, setting)) { Double($0.promotions) } > apart)
    }

    @Test func whatIsKnownStartsNoRun() {
        let outcomes = play(2, PromotionStream.Setting(200, 10, days: 60, .fixed(0.01)))
        #expect(outcomes.allSatisfy { $0.skipped > 5 && $0.gained > 0.15 })
    }
}
