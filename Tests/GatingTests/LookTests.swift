import Foundation
import Nouns
import Settings
import Testing

@testable import Gating

/// What is served is asked again whenever there are more gate rows.
struct LookTests {
    private func look(served: [ExampleRecord], anchor: [ExampleRecord]) -> StreamRules.Look? {
        var evidence = GatingRules.Evidence(
            candidate: served, served: served, base: Cases.weak(served.count), baseline: "v-2")
        evidence.anchor = .init(version: "v-1", records: anchor, promotions: 1)
        let looks = GatingRules.looks(evidence, GatesSettings(), seed: 7)
        #expect(looks.allSatisfy { $0.isPrimary && $0.anchor == "v-1" && $0.reason.contains("v-1") })
        return looks.first?.found
    }

    @Test func theServedVersionIsComparedWithTheAnchor() {
        let good = Cases.records(100, right: { $0 % 10 != 0 }, loss: { _ in 0.3 })
        let bad = Cases.records(100, right: { $0 % 5 != 0 }, loss: { _ in 0.3 })
        #expect(look(served: bad, anchor: good) == .worse)
        #expect(look(served: good, anchor: bad) == .better)
        #expect(look(served: good, anchor: good) == .undecided)
        #expect(look(served: good, anchor: Array(bad.dropLast())) == nil)
    }

    @Test func whereWhatIsServedIsTheAnchorNothingIsAsked() {
        let evidence = GatingRules.Evidence(
            candidate: Cases.strong(30), served: Cases.strong(30), base: Cases.weak(30), baseline: "v-1")
        #expect(GatingRules.looks(evidence, GatesSettings(), seed: 7).isEmpty)
    }

    @Test func eachGateIsAskedByItsOwnAnchor() throws {
        let low = Cases.records(200, right: { $0 % 4 != 0 }, loss: { 0.3 + Double($0 % 3) * 0.01 })
        let high = Cases.records(200, right: { $0 % 4 != 0 }, loss: { 0.5 + Double($0 % 3) * 0.01 })
        var settings = GatesSettings()
        settings.primary = .loss
        var rule = GateRuleSettings(metric: "token_accuracy")
        rule.maxRegression = 0.1
        settings.rules = [rule]
        var evidence = GatingRules.Evidence(candidate: low, served: low, base: Cases.weak(200), baseline: "v-2")
        evidence.anchor = .init(version: "v-1", records: high, promotions: 1)
        let right = Cases.records(200, right: { $0 % 20 != 0 }, loss: { _ in 0.5 })
        evidence.gateAnchors[AnchoredGate(.accuracy)] = .init(version: "v-0", records: right, promotions: 3)
        evidence.anchoredAtServed = [AnchoredGate("token_accuracy")]
        let gates = GatingRules.anchored(evidence, settings)
        #expect(gates == [AnchoredGate(.loss), AnchoredGate(.accuracy), AnchoredGate("token_accuracy")])
        let looks = GatingRules.looks(evidence, settings, seed: 7)
        #expect(looks.map(\.anchor) == ["v-1", "v-0"], "what is served is the rule's anchor")
        #expect(looks.map(\.found) == [.better, .worse])
        // A gate without an anchor of its own has that of the primary metric; within the margin it is not worse.
        evidence.gateAnchors = [:]
        #expect(GatingRules.looks(evidence, settings, seed: 7).map(\.found) == [.better, .undecided])
    }
}
