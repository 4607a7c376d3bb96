import Foundation
import Nouns
import TestSupport
import Testing

/// The life of a run, every state against every event.
struct RunLifeTests {
    static let events = RunEvent.samples

    /// Every step that there is; all others are refused. "new" is a run that does not exist yet.
    static let steps: [String: [String: RunState]] = [
        "new": [
            "queued": .queued, "followed": .queued, "wonExperiment": .trained, "added": .trained,
            "judgedAgain": .trained,
        ],
        "queued": [
            "workerStarted": .training, "resumed": .training, "paused": .queued,
            "failed": .failed, "cancelled": .cancelled,
        ],
        "training": [
            "trained": .trained, "interrupted": .queued, "daemonLost": .queued, "workerLost": .queued,
            "held": .queued, "queuedAgain": .queued, "paused": .queued,
            "failed": .failed, "cancelled": .cancelled,
        ],
        "trained": [
            "evaluationStarted": .evaluating, "paused": .trained, "failed": .failed, "cancelled": .cancelled,
        ],
        "evaluating": [
            "evaluated": .evaluated, "interrupted": .trained, "daemonLost": .trained, "workerLost": .trained,
            "held": .trained, "queuedAgain": .trained, "paused": .trained,
            "failed": .failed, "cancelled": .cancelled,
        ],
        "evaluated": [
            "passed": .accepted, "rejected": .rejected, "undecided": .inconclusive, "servedChanged": .trained,
            "paused": .trained,
            "failed": .failed, "cancelled": .cancelled,
        ],
        "accepted": ["promoted": .promoted, "forced": .promoted],
        "rejected": ["promoted": .promoted, "forced": .promoted],
        "inconclusive": ["promoted": .promoted, "forced": .promoted],
        "promoted": ["delivered": .delivered],
        "delivered": [:],
        "failed": [:],
        "cancelled": [:],
    ]

    static let states: [RunState?] = [nil] + RunState.allCases.map(Optional.some)

    func run(_ state: RunState) -> Run {
        Run(
            id: "r-1", pipeline: "tickets", mode: .fromBase, state: state, base: "tiny", snapshot: "s", drops: [],
            recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 0), requestedBy: "test")
    }

    @Test(arguments: states)
    func everyEventLeadsWhereTheTableSays(state: RunState?) throws {
        let row = try #require(Self.steps[state?.rawValue ?? "new"])
        for (name, event) in Self.events {
            #expect(RunLife.next(state, event) == row[name], "\(name) in \(state?.rawValue ?? "new")")
        }
        #expect(Set(row.keys).isSubset(of: Self.events.keys))
    }

    /// The states that follow one another, as the ledgers of former versions have them; but that a judged run could be
    /// cancelled, which lost its verdict, and that an evaluated run failed where another model was served meanwhile.
    /// A paused run stays queued or trained.
    @Test(arguments: RunState.allCases)
    func everyPairOfStatesIsAsItWas(state: RunState) {
        let former: [RunState: Set<RunState>] = [
            .queued: [.queued, .training, .cancelled, .failed],
            .training: [.trained, .queued, .failed, .cancelled],
            .trained: [.trained, .evaluating, .failed, .cancelled],
            .evaluating: [.evaluated, .trained, .failed, .cancelled],
            .evaluated: [.accepted, .rejected, .inconclusive, .trained, .failed, .cancelled],
            .accepted: [.promoted], .rejected: [.promoted], .inconclusive: [.promoted],
            .promoted: [.delivered],
        ]
        let reached = Set(Self.events.values.compactMap { RunLife.next(state, $0) })
        for other in RunState.allCases {
            #expect(reached.contains(other) == (former[state, default: []].contains(other)), "\(state) → \(other)")
        }
    }

    /// A paused run waits in its state: it is resumed, fails or is cancelled, and no worker begins.
    @Test func aPausedRunWaitsForSomebodyToResumeIt() {
        let steps: [RunState: [String: RunState]] = [
            .queued: ["goesOn": .queued, "failed": .failed, "cancelled": .cancelled],
            .trained: ["goesOn": .trained, "failed": .failed, "cancelled": .cancelled],
        ]
        for (state, row) in steps {
            for (name, event) in Self.events {
                #expect(RunLife.next(state, isPaused: true, event) == row[name], "\(name) in a paused \(state)")
            }
        }
    }

    @Test func whoeverPausesARunStandsInItUntilItGoesOnOrEnds() throws {
        let now = Date(timeIntervalSince1970: 0)
        var run = run(.training)
        run.attempts = 1
        _ = try run.apply(.paused(by: "ada"), at: now)
        #expect(run.paused == "ada" && run.state == .queued && run.attempts == 0)
        let refusal = #expect(throws: Failure.self) { _ = try run.apply(.paused(by: "bob"), at: now) }
        #expect(refusal?.message == "Run r-1 is queued (paused by ada), so it cannot be paused.")
        let effects = try run.apply(.resumed(by: "bob"), at: now)
        #expect(run.paused == nil && effects.contains(.wake([.supervision])))
        _ = try run.apply(.paused(by: "ada"), at: now)
        _ = try run.apply(.cancelled(by: "ada"), at: now)
        #expect(run.paused == nil && run.state == .cancelled)
    }

    @Test(arguments: RunState.allCases)
    func whatCannotHappenIsRefusedByNameAndChangesNothing(state: RunState) throws {
        for (name, event) in Self.events where RunLife.next(state, event) == nil {
            var run = run(state)
            do {
                _ = try run.apply(event, at: Date(timeIntervalSince1970: 9))
                Issue.record("\(name) in \(state)")
            } catch let failure as Failure {
                #expect(failure.code == "run.transition")
                #expect(failure.message == "Run r-1 is \(state.rawValue), so it cannot \(event.phrase).")
            }
            #expect(run == self.run(state))
        }
    }

    /// What is said of each event, and who is woken, in a form that shows every change.
    @Test func everyEventAsksForWhatTheTableSays() throws {
        var text = ""
        for (name, event) in Self.events.sorted(by: { $0.key < $1.key }) {
            for state in Self.states {
                guard let next = RunLife.next(state, event) else { continue }
                var run = run(next)
                run.attempts = 2
                text += "\(state?.rawValue ?? "new") + \(name) = \(next.rawValue)\n"
                if let note = RunLife.note(event) { text += "    note: \(note)\n" }
                for effect in RunLife.effects(event, run) {
                    switch effect {
                    case .journal(let line):
                        let version = line.version.map { ", version \($0)" } ?? ""
                        text += "    journal: \(line.event) (\(line.level)\(version)): Run r-1 … \(line.predicate)\n"
                    case .tell(let message): text += "    tell: \(message)\n"
                    case .wake(let stages):
                        text += "    wake: \(stages.map(\.rawValue).sorted().joined(separator: ", "))\n"
                    case .endStory: text += "    end of the story\n"
                    }
                }
            }
        }
        let difference = try Golden("NounsTests/Golden").difference("run-life", input: "every event", output: text)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test func aRunThatFailsAnywhereLeavesItsLineAndEndsItsStory() {
        for state in RunState.allCases where state.isUnderWay {
            var run = run(state)
            let effects = (try? run.apply(.failed(Failure(code: "x", "No.")), at: Date())) ?? []
            #expect(effects.contains(.endStory), "\(state)")
            let line = RunEffect.JournalLine(event: "run.failed", level: .error, predicate: "failed: No.")
            #expect(effects.contains(.journal(line)), "\(state): \(effects)")
            #expect(run.cause?.code == "x" && run.finishedAt != nil)
        }
    }

    @Test func whatPassesAndIsPromotedByItselfIsWatchedUntilItIsServed() throws {
        let verdict = Verdict(outcome: .pass, summary: "better", gates: [], judgedAt: Date(timeIntervalSince1970: 0))
        for promotesItself in [true, false] {
            var run = run(.evaluated)
            let judged = try run.apply(.judged(verdict, promotesItself: promotesItself), at: Date())
            #expect(judged.contains(.endStory) != promotesItself)
            #expect(run.verdict == verdict)
            let served = try run.apply(.promoted("v-1", .automatic, who: "finetuned", reason: "r"), at: Date())
            #expect(served.contains(.endStory))
            #expect(run.version == "v-1")
        }
        var rejected = run(.evaluated)
        #expect(try rejected.apply(.judged(verdict.with(.fail), promotesItself: true), at: Date()).contains(.endStory))
    }

    @Test func theThreeQuestionsHaveTheseAnswers() {
        let underWay: Set<RunState> = [.queued, .training, .trained, .evaluating, .evaluated]
        for state in RunState.allCases {
            #expect(state.isUnderWay == underWay.contains(state))
            #expect(state.hasWorkLeft == underWay.union([.promoted]).contains(state))
            #expect(state.endsStory(promotesItself: false) == !underWay.contains(state))
            #expect(state.endsStory(promotesItself: true) == !underWay.union([.accepted]).contains(state))
            #expect(state.isActive == [.training, .evaluating].contains(state))
        }
    }

    @Test func attemptsCountStartsThatCameToNothing() throws {
        var run = run(.queued)
        _ = try run.apply(.workerStarted(resumes: false), at: Date(timeIntervalSince1970: 1))
        #expect(run.attempts == 1 && run.startedAt == Date(timeIntervalSince1970: 1))
        _ = try run.apply(.workerLost(Failure(code: "worker.killed", "Killed.")), at: Date(timeIntervalSince1970: 2))
        _ = try run.apply(.workerStarted(resumes: true), at: Date(timeIntervalSince1970: 3))
        #expect(run.attempts == 2 && run.startedAt == Date(timeIntervalSince1970: 1))
        _ = try run.apply(.interrupted, at: Date(timeIntervalSince1970: 4))
        #expect(run.attempts == 1, "a stop at a checkpoint uses up no attempt")
        _ = try run.apply(.workerStarted(resumes: true), at: Date(timeIntervalSince1970: 5))
        _ = try run.apply(.training, at: Date(timeIntervalSince1970: 6))
        #expect(run.attempts == 0 && run.adapter?.path == "/adapter" && run.finishedAt == nil)
    }
}

extension Verdict {
    fileprivate func with(_ outcome: Outcome) -> Verdict {
        var verdict = self
        verdict.outcome = outcome
        return verdict
    }
}
