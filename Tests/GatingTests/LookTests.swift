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
        let found = GatingRules.look(evidence, GatesSettings(), seed: 7)
        #expect(found.map { $0.reason.contains("v-1") } ?? true)
        return found?.found
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
        #expect(GatingRules.look(evidence, GatesSettings(), seed: 7) == nil)
    }
}
