import Foundation
import Ledger
import Nouns
import Scheduling
import Settings
import Testing

/// Nothing to learn is nothing to train.
struct KnownRowsTests {
    private static let now = Date(timeIntervalSince1970: 1_000_000)

    private func drop(_ id: DropID, rows: Int) -> StoredDrop {
        StoredDrop(id: id, receivedAt: Self.now, storedAt: Self.now, isTried: false, trainRows: rows)
    }

    /// As many rows asked as there are, `wrong` of them answered wrongly.
    private func answers(_ rows: Int, wrong: Int, by version: VersionID = "v") -> DropAnswers {
        DropAnswers(
            version: version, at: Self.now, metric: .accuracy, asked: rows, right: rows - wrong, known: rows - wrong)
    }

    private func known(
        _ drops: [(rows: Int, wrong: Int)], by version: VersionID = "v",
        _ change: (inout TriggerSettings) -> Void = { _ in }
    ) -> KnownRows? {
        var trigger = TriggerSettings()
        change(&trigger)
        let stored = drops.enumerated().map { drop(DropID("d-\($0)"), rows: $1.rows) }
        let told = Dictionary(
            uniqueKeysWithValues: drops.enumerated().map {
                (DropID("d-\($0)"), answers($1.rows, wrong: $1.wrong, by: version))
            })
        return KnownRows.of(stored, told, by: "v", trigger)
    }

    @Test func fewRowsSayTooLittleAndDropsAreTakenTogether() throws {
        // Of 48 right answers the upper bound of the wrong share is 6 %, of 92 it is 3.2 %.
        #expect(known([(48, 0)]) == nil)
        let one = try #require(known([(92, 0)]))
        #expect(one.rows == 92 && one.wrong == 0 && abs(one.bound - 0.032) < 0.001)
        let two = try #require(known([(48, 0), (48, 1)]))
        #expect(two.rows == 95 && two.asked == 96 && two.wrong == 1)
    }

    @Test func whatIsAnsweredWronglyTooOftenIsLearnt() {
        #expect(known([(150, 1)]) != nil)
        #expect(known([(150, 5)]) == nil)
        #expect(known([(150, 5)]) { $0.knownWrong = 0.1 } != nil)
        #expect(known([(92, 0)]) { $0.skipKnown = false } == nil)
    }

    @Test func answersOfAnotherVersionSayNothing() {
        #expect(known([(200, 0)], by: "v-before") == nil)
    }

    @Test func whereNothingCanBeRightAllRowsAreNew() {
        var told = answers(200, wrong: 0)
        told.metric = nil
        #expect(KnownRows.of([drop("d", rows: 200)], ["d": told], by: "v", TriggerSettings()) == nil)
        #expect(KnownRows.of([drop("d", rows: 200)], [:], by: "v", TriggerSettings()) == nil)
    }

    private func decide(
        new: Int, known: Int, left: Int = 0, oldest: Double = 0, _ change: (inout PipelineSettings) -> Void = { _ in }
    ) -> SchedulingRules.Decision {
        var settings = PipelineSettings(name: "p", file: "p.toml", base: "b")
        settings.trigger.minimumNewRows = 10
        change(&settings)
        var situation = SchedulingRules.Situation(
            newRows: new, leftRows: left, allRows: 500, gateRows: 50, newestDrop: Self.now.addingTimeInterval(-60),
            oldestDrop: Self.now.addingTimeInterval(-60 - oldest * 86_400), lastRun: nil, isBusy: false,
            hasServed: true, servedBase: "b", continuations: 0, now: Self.now)
        situation.known = KnownRows(rows: known, asked: new, wrong: new - known, bound: 0.03)
        return SchedulingRules.decide(situation, settings)
    }

    @Test func nothingToLearnWaitsWithItsReason() throws {
        guard case .wait(let sentence, nil) = decide(new: 92, known: 92) else {
            Issue.record("it does not wait")
            return
        }
        #expect(sentence.contains("nothing to learn") && sentence.contains("92 of 92"))
        // Rows of runs that were not promoted start none by themselves either.
        guard case .wait = decide(new: 92, known: 92, left: 40) else {
            Issue.record("it does not wait")
            return
        }
    }

    @Test func whatIsNotKnownStartsARunOnceItIsEnoughOrOld() {
        guard case .wait(let sentence, let until?) = decide(new: 92, known: 89) else {
            Issue.record("it does not wait")
            return
        }
        #expect(sentence.contains("3 rows are left to learn"))
        #expect(until == Self.now.addingTimeInterval(-60 + 7 * 86_400))
        for decision in [
            decide(new: 92, known: 80), decide(new: 92, known: 89, oldest: 7), decide(new: 92, known: 89, left: 7),
            decide(new: 92, known: 89) { $0.trigger.minimumNewRows = 3 },
        ] {
            guard case .queue(.continued, _) = decision else {
                Issue.record("\(decision)")
                continue
            }
        }
    }

    /// A new class of 3 in 150 rows a day: nobody knows it, so that its rows are left over until they are learnt.
    @Test(arguments: [1, 10, 20]) func aNewClassIsLearntWithinTheWeek(minimum: Int) {
        for rest in 0..<3 {
            var drops: [(rows: Int, wrong: Int)] = []
            var learnt: Int?
            for day in 0..<7 where learnt == nil {
                drops.append((150, 3 + (day + rest) % 2))
                let rows = drops.reduce(0) { $0 + $1.rows }
                guard let known = known(drops) else {
                    learnt = day
                    break
                }
                let decision = decide(new: rows, known: known.rows, oldest: Double(day)) {
                    $0.trigger.minimumNewRows = minimum
                }
                if case .queue = decision { learnt = day }
            }
            #expect(learnt != nil, "\(minimum), \(rest)")
        }
    }
}
