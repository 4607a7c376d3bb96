import Foundation
import Nouns
import Scheduling
import Settings
import TestSupport
import Testing

struct SchedulingRulesTests {
    static let now = Date(timeIntervalSince1970: 1_000_000)

    /// A pipeline whose next run is due, changed by `change`.
    func decide(_ change: (inout SchedulingRules.Situation, inout PipelineSettings) -> Void = { _, _ in })
        -> SchedulingRules.Decision
    {
        var settings = PipelineSettings(name: "p", file: "p.toml", base: "b")
        var situation = SchedulingRules.Situation(
            newRows: 50, allRows: 100, gateRows: 10, newestDrop: Self.now.addingTimeInterval(-60),
            lastRun: Self.now.addingTimeInterval(-600), isBusy: false,
            hasServed: true, servedBase: "b", continuations: 0, now: Self.now)
        change(&situation, &settings)
        return SchedulingRules.decide(situation, settings)
    }

    func waits(_ decision: SchedulingRules.Decision, _ words: String, until: Date? = nil) {
        switch decision {
        case .wait(let sentence, let time), .soon(let sentence, let time):
            #expect(sentence.contains(words), "\(sentence)")
            #expect(time == until)
        default: Issue.record("\(decision)")
        }
    }

    /// Whoever waits for a run is told to wait on only where one follows by itself.
    @Test func aRunThatFollowsByItselfIsToldFromOneThatNeedsSomething() {
        func isSoon(_ decision: SchedulingRules.Decision) -> Bool {
            if case .soon = decision { true } else { false }
        }
        #expect(isSoon(decide { s, _ in s.newestDrop = Self.now }), "after the settle time")
        #expect(isSoon(decide { s, _ in s.isBusy = true }), "after the run at work")
        #expect(!isSoon(decide { s, p in (s.isBusy, p.trigger.manualOnly) = (true, true) }))
        #expect(!isSoon(decide { s, p in (s.isBusy, p.trigger.minimumNewRows) = (true, 51) }))
        #expect(!isSoon(decide { s, _ in s.newRows = 0 }))
        #expect(!isSoon(decide { _, p in p.trigger.minimumIntervalSeconds = 6_000 }))
    }

    @Test func newRowsContinueTheServedModel() {
        #expect(decide() == .queue(.continued, reason: "50 new rows"))
    }

    @Test func theFirstRunStartsFromTheBase() {
        #expect(
            decide { s, _ in
                s.hasServed = false; s.servedBase = nil
            } == .queue(.fromBase, reason: "50 new rows"))
    }

    @Test func anotherBaseStartsAnew() {
        #expect(decide { s, _ in s.servedBase = "older" } == .queue(.fromBase, reason: "50 new rows"))
    }

    /// The reason for a run from the base that competes, or nil.
    func competes(_ change: (inout SchedulingRules.Situation, inout PipelineSettings) -> Void) -> String? {
        let decision = decide { s, p in
            (s.continuations, s.runsSinceFromBase, s.newRows) = (8, 8, 0)
            change(&s, &p)
        }
        guard case .queue(.fromBase, let reason) = decision else { return nil }
        return reason
    }

    @Test func afterEnoughContinuationsARunFromTheBaseCompetes() {
        #expect(competes { _, _ in }?.contains("8 continuations") == true)
        #expect(competes { s, _ in s.newRows = 50 } != nil, "new rows go into it")
        #expect(competes { s, _ in s.continuations = 7 } == nil)
        #expect(competes { s, _ in s.runsSinceFromBase = 7 } == nil, "one that lost is not repeated at once")
        #expect(competes { _, p in p.incremental.fromBaseEvery = 0 } == nil)
        #expect(competes { _, p in p.trigger.manualOnly = true } == nil)
        #expect(competes { s, _ in s.servedBase = "older" } == nil)
        waits(decide { s, _ in (s.continuations, s.runsSinceFromBase, s.isBusy) = (8, 8, true) }, "from the base waits")
        #expect(decide { s, _ in s.continuations = 7 } == .queue(.continued, reason: "50 new rows"))
    }

    @Test func afterTooMuchForgettingARunFromTheBaseCompetes() {
        #expect(
            competes { s, _ in (s.continuations, s.runsSinceFromBase, s.forgotten) = (2, 2, 0.11) }?.contains(
                "forgetting_budget") == true)
        #expect(competes { s, _ in (s.continuations, s.runsSinceFromBase, s.forgotten) = (2, 2, 0.09) } == nil)
        #expect(competes { s, _ in (s.continuations, s.runsSinceFromBase, s.forgotten) = (2, 0, 0.11) } == nil)
        // A model of classes grows sure of its labels, and its loss on everything else rises: nobody asked about that.
        func labelled(_ budget: Double?) -> String? {
            competes { s, p in
                (s.continuations, s.runsSinceFromBase, s.forgotten, s.hasClasses) = (2, 2, 5, true)
                p.incremental.forgettingBudget = budget
            }
        }
        #expect(labelled(nil) == nil)
        #expect(labelled(0.1)?.contains("forgetting_budget") == true, "what is written holds")
        let old = GateResult(
            rule: "r", kind: .nonInferiority, set: "gate", metric: "loss", slice: "drop=earlier", outcome: .pass,
            difference: -0.04, rows: 30,
            explanation: "")
        var other = old
        (other.slice, other.difference) = (nil, -1)
        let verdict = Verdict(outcome: .pass, summary: "", gates: [old, other], judgedAt: Self.now)
        #expect(SchedulingRules.forgotten(verdict) == 0.04)
        #expect(SchedulingRules.forgotten(nil) == 0)
        // On the base's probe it is the rise over the served model, whether or not a gate asks.
        var probed = verdict
        probed.figures = [
            .candidate: ["probe": ["loss": 4.25]], .served: ["probe": ["loss": 4]], .base: ["probe": ["loss": 3]],
        ]
        #expect(SchedulingRules.forgotten(probed) == 0.25)
        probed.figures[.served] = nil
        #expect(SchedulingRules.forgotten(probed) == 0.04)
    }

    @Test func rowsOfRunsThatWereNotPromotedAreSaidAndTaken() {
        waits(decide { s, _ in (s.newRows, s.leftRows) = (0, 30) }, "30 rows left to learn")
        #expect(
            decide { s, _ in s.leftRows = 30 }
                == .queue(.continued, reason: "50 new rows, and 30 of runs that were not promoted"))
        #expect(
            decide { s, p in
                s.leftRows = 30; p.trigger.minimumNewRows = 80
            } == .queue(.continued, reason: "50 new rows, and 30 of runs that were not promoted"))
    }

    @Test func severalDropsWithinTheSettleTimeAreOneRun() {
        let newest = Self.now.addingTimeInterval(-29)
        waits(decide { s, _ in s.newestDrop = newest }, "further drops", until: newest.addingTimeInterval(30))
    }

    @Test func rowsOfTheRunAtWorkAreNotSaidToBeLeft() {
        waits(
            decide { s, _ in
                (s.newRows, s.leftRows, s.isBusy) = (0, 62, true)
            }, "at work")
    }

    @Test func tooFewRowsAreSaid() {
        waits(
            decide { s, _ in
                s.allRows = 6; s.newRows = 6
            }, "4 more training rows (6 of 10)")
        waits(decide { s, p in p.trigger.minimumNewRows = 51 }, "1 more new rows (50 of 51)")
    }

    @Test func nothingIsQueuedWithoutAJudge() {
        guard case .stuck(let failure) = decide({ s, _ in s.gateRows = 0 }) else {
            Issue.record("the pipeline goes on")
            return
        }
        #expect(failure.code == "dataset.no_gate_rows" && failure.remedy?.contains("data.gate_share") == true)
    }

    @Test func oneRunAtATimeAPipeline() {
        waits(decide { s, _ in s.isBusy = true }, "present run")
    }

    @Test func runsKeepTheirDistance() {
        waits(
            decide { _, p in p.trigger.minimumIntervalSeconds = 3600 }, "minimum_interval",
            until: Self.now.addingTimeInterval(3000))
    }

    @Test func rowsWaitForTheCalendar() throws {
        // 1970-01-12 13:46:40 UTC.
        let next = Date(timeIntervalSince1970: 1_000_000 - 13 * 3600 - 46 * 60 - 40 + 22 * 3600)
        waits(
            decide { s, p in (s.oldestDrop, p.trigger.calendar) = (Self.now.addingTimeInterval(-60), "22:00 UTC") },
            "trigger.calendar (22:00 UTC)", until: next)
        // A time that has passed since the first of the rows came.
        #expect(
            decide { s, p in (s.oldestDrop, p.trigger.calendar) = (Self.now.addingTimeInterval(-60), "13:46 UTC") }
                == .queue(.continued, reason: "50 new rows"))
        #expect(
            decide { s, p in (s.oldestDrop, p.trigger.calendar) = (Self.now.addingTimeInterval(-86_400), "22:00 UTC") }
                == .queue(.continued, reason: "50 new rows"),
            "one that passed while the machine was off is made up for")
        waits(
            decide { s, p in
                (s.continuations, s.runsSinceFromBase, s.lastRun, p.trigger.calendar) = (
                    8, 8, Self.now.addingTimeInterval(-60), "22:00 UTC"
                )
            }, "a run from the base waits for trigger.calendar", until: next)
    }

    @Test func manualPipelinesWait() {
        waits(decide { _, p in p.trigger.manualOnly = true }, "ftctl run p")
    }

    @Test func upToDateIsSaid() {
        waits(decide { s, _ in s.newRows = 0 }, "up to date")
        waits(
            decide { s, _ in
                s.newRows = 0; s.allRows = 0
            }, "waiting for data")
    }

    @Test func warmStartsBeginLower() {
        var settings = PipelineSettings(name: "p", file: "p.toml", base: "b")
        settings.recipe.learningRate = 5e-4
        #expect(SchedulingRules.recipe(settings, mode: .fromBase, rows: 100).recipe.learningRate == 5e-4)
        let warm = SchedulingRules.recipe(settings, mode: .continued, rows: 100)
        #expect(warm.recipe.learningRate == 2.5e-4)
        #expect(warm.notes["learning_rate"]?.contains("warm start") == true)
        #expect(
            SchedulingRules.recipe(settings, mode: .stack, rows: 100).recipe.learningRate == 5e-4,
            "a new adapter starts at zero")
        // Without one the run looks for it itself.
        settings.recipe.learningRate = nil
        #expect(SchedulingRules.recipe(settings, mode: .continued, rows: 100).recipe.learningRate == nil)
    }

    @Test func epochsFollowTheRowsUnlessTheyAreWrittenDown() {
        var settings = PipelineSettings(name: "p", file: "p.toml", base: "b")
        // OpenAI's rule: 3, more below 34 rows up to 25, fewer above 8,333 down to 1.
        for (rows, epochs) in [
            (0, 3.0), (1, 25), (10, 10), (33, 3), (34, 3), (8333, 3), (8334, 2), (25_000, 1), (1_000_000, 1),
        ] {
            #expect(
                SchedulingRules.recipe(settings, mode: .fromBase, rows: rows).recipe.epochs == epochs, "\(rows) rows")
        }
        settings.automaticEpochs = false
        settings.recipe.epochs = 1.5
        let written = SchedulingRules.recipe(settings, mode: .fromBase, rows: 10)
        #expect(written.recipe.epochs == 1.5 && written.notes["epochs"] == nil)
    }
}
