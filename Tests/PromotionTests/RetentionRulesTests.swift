import Foundation
import Nouns
import Promotion
import Settings
import Testing

struct RetentionRulesTests {
    static let now = Date(timeIntervalSince1970: 1_000_000_000)

    /// A model of so many days ago.
    func model(
        _ run: RunID, _ version: VersionID? = nil, days: Double = 1000, aliases: [String] = [], score: Double? = nil,
        use: String? = nil, start: RunID? = nil, bytes: Int = 0, epochs: Int = 0
    ) -> RetentionRules.Candidate {
        .init(
            run: run, version: version, createdAt: Self.now.addingTimeInterval(-days * 86_400), aliases: aliases,
            score: score, use: use, start: start, bytes: bytes, epochBytes: epochs)
    }

    func settings(keep: Int = 1, days: Int = 0, bytes: Int = 0) -> RetentionSettings {
        var settings = RetentionSettings()
        (settings.keep, settings.keepDays, settings.maximumBytes) = (keep, days, bytes)
        return settings
    }

    @Test func servedNamedBestAndUsedStayHoweverLittleRoomThereIs() {
        let kept = RetentionRules.kept(
            [
                model("r-7", "v-7"), model("r-6", "v-6", aliases: ["stable"]), model("r-5", "v-5", score: 0.8),
                model("r-4", "v-4", score: 0.9), model("r-3", "v-3", aliases: ["best-of-may", "current"]),
                model("r-2", use: "waits for `ftctl promote`"), model("r-1", "v-1"),
            ], nil, now: Self.now)
        #expect(
            kept == [
                "r-6": "is named 'stable'", "r-4": "was judged best", "r-3": "is served",
                "r-2": "waits for `ftctl promote`",
            ])
    }

    @Test func whatNeverBecameAVersionIsNotTheBest() {
        let kept = RetentionRules.kept([model("r-2", score: 0.9), model("r-1", "v-1", score: 0.5)], nil, now: Self.now)
        #expect(kept == ["r-1": "was judged best"])
    }

    @Test func soManyPromotedAndAsManyOthersStay() {
        let models = [
            model("r-6", "v-6"), model("r-5"), model("r-4", "v-4"), model("r-3"), model("r-2", "v-2"), model("r-1"),
        ]
        let kept = RetentionRules.kept(models, settings(keep: 2), now: Self.now)
        #expect(Set(kept.keys) == ["r-6", "r-5", "r-4", "r-3"])
        #expect(kept["r-3"] == "is among the newest 2")
    }

    @Test func whatIsYoungStaysWhateverItsNumber() {
        let models = [model("r-3", "v-3", days: 1), model("r-2", "v-2", days: 6), model("r-1", "v-1", days: 8)]
        let kept = RetentionRules.kept(models, settings(keep: 1, days: 7), now: Self.now)
        #expect(kept == ["r-3": "is among the newest 1", "r-2": "is younger than 7 days"])
    }

    @Test func theOldestGoUntilTheRestFits() {
        let models = [
            model("r-4", "v-4", bytes: 10), model("r-3", "v-3", bytes: 10), model("r-2", "v-2", bytes: 10),
            model("r-1", "v-1", aliases: ["current"], bytes: 10),
        ]
        let kept = RetentionRules.kept(models, settings(keep: 10, bytes: 25), now: Self.now)
        #expect(Set(kept.keys) == ["r-4", "r-1"], "what is served stays")
    }

    @Test func checkpointsOfEpochsGoBeforeAnyModelTheOldestFirst() {
        var models = [
            model("r-4", "v-4", bytes: 10, epochs: 6), model("r-3", "v-3", bytes: 10),
            model("r-2", "v-2", aliases: ["current"], bytes: 10, epochs: 6), model("r-1", "v-1", bytes: 10, epochs: 6),
        ]
        let settings = settings(keep: 10, bytes: 30)
        #expect(RetentionRules.loosened(&models, settings, now: Self.now) == ["r-1", "r-2"])
        #expect(models.map(\.bytes) == [10, 10, 4, 4])
        #expect(RetentionRules.kept(models, settings, now: Self.now).count == 4, "what is left fits")
        #expect(RetentionRules.loosened(&models, self.settings(keep: 10), now: Self.now).isEmpty, "no bound, no haste")
    }

    @Test func aCandidateKeepsWhatItStartsFromAndAVersionNeedsNone() {
        let models = [
            model("r-5", use: "is the newest that more data may decide on", start: "r-3"), model("r-4", "v-4"),
            model("r-3", "v-3"), model("r-2", "v-2"),
        ]
        #expect(
            RetentionRules.kept(models, nil, now: Self.now) == [
                "r-5": "is the newest that more data may decide on", "r-3": "is what run r-5 starts from",
            ])
    }

    @Test func aPipelineSaysOtherwiseKeyByKey() {
        var own = RetentionOverride()
        own.keep = 9
        own.originalsDays = 3
        let settings = RetentionSettings().overridden(by: own)
        #expect(settings.keep == 9 && settings.originalsDays == 3)
        #expect(settings.keepDays == RetentionSettings().keepDays)
        #expect(RetentionSettings().overridden(by: nil) == RetentionSettings())
    }
}
