import Foundation
import Nouns
import Promotion
import Testing

struct RetentionRulesTests {
    func version(_ id: VersionID, parent: VersionID? = nil, aliases: [String] = [], score: Double? = nil)
        -> RetentionRules.Candidate
    {
        .init(
            version: ModelVersion(
                id: id, pipeline: "p", run: RunID("r-\(id)"), base: "b", baseDigest: "d", adapters: [], parent: parent,
                snapshot: "s", recipe: Recipe(),
                createdAt: Date(timeIntervalSince1970: 0), code: "c", machine: "m"),
            aliases: aliases, score: score)
    }

    @Test func servedNamedBestAndTheirParentsStay() {
        let kept = RetentionRules.kept([
            version("v-1"), version("v-2", parent: "v-1"), version("v-3", parent: "v-2", aliases: ["current"]),
            version("v-4", score: 0.9),
            version("v-5", score: 0.8), version("v-6", aliases: ["stable"]), version("v-7"),
        ])
        #expect(kept["v-3"] == "is served")
        #expect(kept["v-2"] == "is a parent of v-3")
        #expect(kept["v-1"] == "is a parent of v-2")
        #expect(kept["v-4"] == "was judged best")
        #expect(kept["v-6"] == "is named 'stable'")
        #expect(kept["v-5"] == nil)
        #expect(kept["v-7"] == nil)
    }

    @Test func aCircleOfParentsEnds() {
        let kept = RetentionRules.kept([
            version("v-1", parent: "v-2", aliases: ["current"]), version("v-2", parent: "v-1"),
        ])
        #expect(kept.count == 2)
    }
}
