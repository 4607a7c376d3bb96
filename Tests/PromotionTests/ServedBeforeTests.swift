import Foundation
import Nouns
import Testing

@testable import Promotion

/// What a rollback without a version goes back to, after any sequence of promotions and rollbacks.
struct ServedBeforeTests {
    private func below(_ steps: [(PromotionRecord.Kind, VersionID?)]) -> [VersionID?] {
        Array(
            ServedBefore(
                steps.enumerated().map { index, step in
                    PromotionRecord(
                        sequence: index, pipeline: "p", version: step.1, previous: nil, run: nil, kind: step.0,
                        who: "t",
                        reason: "", at: Date(timeIntervalSince1970: 0), previousHash: "", hash: "")
                }
            ).below)
    }

    @Test func nothingLiesBelowTheBase() {
        #expect(below([]).isEmpty)
        #expect(below([(.automatic, "v-1"), (.rollback, nil)]).isEmpty)
    }

    @Test func theBaseLiesBelowTheFirstVersion() {
        #expect(below([(.automatic, "v-1")]) == [nil])
    }

    @Test func rollingBackTwiceGoesFurtherBack() {
        let three: [(PromotionRecord.Kind, VersionID?)] = [(.automatic, "v-1"), (.manual, "v-2"), (.forced, "v-3")]
        #expect(below(three) == [nil, "v-1", "v-2"])
        #expect(below(three + [(.rollback, "v-2")]) == [nil, "v-1"])
        #expect(below(three + [(.canaryRollback, "v-2"), (.rollback, "v-1")]) == [nil])
    }

    @Test func whatWasTakenAwayComesBackOnlyByName() {
        let back: [(PromotionRecord.Kind, VersionID?)] = [
            (.automatic, "v-1"), (.automatic, "v-2"), (.rollback, "v-1"), (.rollback, "v-2"),
        ]
        #expect(below(back) == [nil, "v-1"])
        #expect(below(back + [(.automatic, "v-3"), (.rollback, "v-1")]) == [nil])
    }
}
