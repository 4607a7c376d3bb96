import Foundation

/// The life of a run as a machine without side effects: an event leads from one state to the next, and says what is to
/// be done about it.
///
/// ```
///              queued, followed           wonExperiment, added, judgedAgain
///                     │                                    │
///                     ▼        workerStarted               │
///                  queued ─────────────────► training      │
///                     ▲                         │  │       │
///                     └─────────────────────────┘  │trained│
///          interrupted, held, workerLost, …        ▼       ▼
///                                               trained ◄──┘
///                             evaluationStarted │  ▲
///                                               ▼  │ interrupted, held, workerLost, …
///                                             evaluating
///                                               │ evaluated
///                         servedChanged         ▼
///                trained ◄───────────────── evaluated
///                                               │ judged
///                      ┌────────────────────────┼─────────────────────┐
///                      ▼                        ▼                     ▼
///                  accepted                 rejected             inconclusive
///                      └────────────────────────┼─────────────────────┘
///                                               │ promoted (against the verdict too: by force)
///                                               ▼
///                                            promoted ── delivered ──► delivered
///
///   … daemonLost, queuedAgain
///   queued, training ── paused ──► queued, which waits until it is resumed
///   trained … evaluated ── paused ──► trained, which waits until it is resumed
///   queued … evaluated ── failed ────► failed
///   queued … evaluated ── cancelled ─► cancelled        (a verdict is never taken back)
/// ```
package enum RunLife {
    /// The state that an event leads to; nil where it cannot happen in that state.
    ///
    /// - Parameters:
    ///   - state: the present state; nil for a run that does not exist yet.
    ///   - isPaused: whether it waits for somebody to resume it.
    package static func next(_ state: RunState?, isPaused: Bool = false, _ event: RunEvent) -> RunState? {
        switch (event, state) {
        case (.paused, _) where isPaused: nil
        case (.paused, .queued), (.paused, .training): .queued
        case (.paused, .trained), (.paused, .evaluating), (.paused, .evaluated): .trained
        case (.resumed, .queued) where isPaused: .queued
        case (.resumed, .trained) where isPaused: .trained
        case (.workerStarted, _) where isPaused: nil
        case (.evaluationStarted, _) where isPaused: nil
        case (.queued, nil), (.followed, nil): .queued
        case (.wonExperiment, nil), (.added, nil), (.judgedAgain, nil): .trained
        case (.workerStarted, .queued): .training
        case (.trained, .training): .trained
        case (.evaluationStarted, .trained): .evaluating
        case (.evaluated, .evaluating): .evaluated
        case (.interrupted, .training), (.workerLost, .training), (.daemonLost, .training): .queued
        case (.held, .training), (.queuedAgain, .training): .queued
        case (.held, .evaluating), (.queuedAgain, .evaluating): .trained
        case (.interrupted, .evaluating), (.workerLost, .evaluating), (.daemonLost, .evaluating): .trained
        case (.servedChanged, .evaluated): .trained
        case (.judged(let verdict, _), .evaluated): judged(verdict.outcome)
        case (.promoted, .accepted), (.promoted, .rejected), (.promoted, .inconclusive): .promoted
        case (.delivered, .promoted): .delivered
        case (.failed, let state?) where state.isUnderWay: .failed
        case (.cancelled, let state?) where state.isUnderWay: .cancelled
        default: nil
        }
    }

    /// The state that a verdict leads to.
    private static func judged(_ outcome: Verdict.Outcome) -> RunState {
        switch outcome {
        case .pass: .accepted
        case .fail: .rejected
        case .inconclusive: .inconclusive
        }
    }

    /// What the ledger notes beside the new state.
    package static func note(_ event: RunEvent) -> String? {
        switch event {
        case .queued, .followed, .workerStarted, .trained, .evaluationStarted, .evaluated: nil
        case .wonExperiment(let experiment, let trial): "trained as trial \(trial) of \(experiment)"
        case .added(let version, let machine): "trained as \(version) on \(machine)"
        case .judgedAgain(let run): "the model of \(run), on the gate rows that there are now"
        case .interrupted: "stopped at a checkpoint"
        case .daemonLost: "resumed after a restart"
        case .servedChanged: "what is served changed"
        case .workerLost(let failure), .held(let failure), .queuedAgain(let failure), .failed(let failure):
            failure.message
        case .paused(let who): "paused by \(who)"
        case .resumed(let who): "resumed by \(who)"
        case .cancelled(let who): "by \(who)"
        case .judged(let verdict, _): verdict.summary
        case .promoted(_, let kind, let who, let reason): "\(kind.rawValue) by \(who): \(reason)"
        case .delivered(let message): message
        }
    }

    /// What an event that happened to a run asks for, in this order.
    ///
    /// - Parameter run: the run as it is after the event.
    package static func effects(_ event: RunEvent, _ run: Run) -> [RunEffect] {
        var effects: [RunEffect] = isTold(event, run) ? [.journal(line(event, run))] : []
        if let message = Self.message(event, run) { effects.append(.tell(message)) }
        let stages = wakes(event)
        if !stages.isEmpty { effects.append(.wake(stages)) }
        if endsStory(event, run.state) { effects.append(.endStory) }
        return effects
    }

    /// Whether the journal has a line of an event: what holds a run up again and again is told once, and so is that it
    /// goes on.
    private static func isTold(_ event: RunEvent, _ run: Run) -> Bool {
        switch event {
        case .held: run.holds == 1
        case .workerStarted, .evaluationStarted: run.holds == nil
        default: true
        }
    }

    private static func line(_ event: RunEvent, _ run: Run) -> RunEffect.JournalLine {
        func line(_ name: String, _ level: RunEffect.Level, _ predicate: String, _ version: VersionID? = nil)
            -> RunEffect.JournalLine
        {
            RunEffect.JournalLine(event: name, level: level, predicate: predicate, version: version)
        }
        let message = Self.message(event, run) ?? ""
        return switch event {
        case .queued(let how): line("run.queued", .notice, "is queued: \(how)")
        case .followed(let earlier, let reason):
            line("iteration.queued", .notice, "follows \(earlier), which was not promoted: \(reason)")
        case .wonExperiment: line("run.queued", .notice, "is queued for its gates: \(note(event) ?? "")")
        case .added, .judgedAgain: line("run.queued", .notice, "is queued for its gates: \(note(event) ?? "")")
        case .workerStarted(let resumes): line(resumes ? "run.resumed" : "run.started", .notice, message)
        case .trained: line("run.trained", .notice, message)
        case .evaluationStarted: line("run.evaluating", .info, message)
        case .evaluated: line("run.evaluated", .notice, message)
        case .servedChanged: line("run.evaluating", .info, message)
        case .interrupted, .daemonLost, .workerLost: line("run.interrupted", .notice, message)
        case .held: line("run.waiting", .warning, message)
        case .queuedAgain: line("run.interrupted", .notice, message)
        case .failed: line("run.failed", .error, message)
        case .paused: line("run.paused", .notice, message)
        case .resumed: line("run.queued", .notice, message)
        case .cancelled: line("run.cancelled", .notice, message)
        case .judged:
            line("run.\(run.state.rawValue)", run.state == .accepted ? .notice : .warning, "is \(message)")
        case .promoted(let version, .forced, let who, let reason):
            line("version.forced", .warning, "is \(message) (forced by \(who)): \(reason)", version)
        case .promoted(let version, let kind, let who, let reason):
            line("version.promoted", .notice, "is \(message) (\(kind.rawValue) by \(who)): \(reason)", version)
        case .delivered: line("run.delivered", .notice, "is \(message)")
        }
    }

    /// What those who watch the run are told; nil where nobody can watch it yet.
    private static func message(_ event: RunEvent, _ run: Run) -> String? {
        switch event {
        case .queued, .followed, .wonExperiment, .added, .judgedAgain: nil
        case .workerStarted(let resumes):
            resumes ? "goes on from its last checkpoint (attempt \(run.attempts))" : "starts training"
        case .trained(let training):
            String(
                format: "trained in %.0f s: %d steps, %.0f tokens/s, %d MiB", training.seconds, training.steps,
                training.tokensPerSecond, training.peakMemoryBytes >> 20)
        case .evaluationStarted: "evaluation starts"
        case .evaluated: "evaluated"
        case .servedChanged: "is evaluated again, since another model is served than the one it was compared with"
        case .interrupted: "stopped at a checkpoint, to be resumed"
        case .daemonLost: "was interrupted, and goes on where it was"
        case .workerLost(let failure): "lost its worker, which is started again: \(failure.message)"
        case .held(let failure): "waits, and goes on by itself: \(failure)"
        case .queuedAgain(let failure): "is queued again, once: \(failure.message)"
        case .failed(let failure): "failed: \(failure)"
        case .paused(let who): "paused by \(who), until somebody resumes it"
        case .resumed(let who): "resumed by \(who)"
        case .cancelled(let who): "cancelled by \(who)"
        case .judged(let verdict, _): "\(run.state.rawValue): \(verdict.summary)"
        case .promoted(let version, _, _, _): "promoted: \(version?.rawValue ?? "the base") is served"
        case .delivered(let message): message
        }
    }

    private static func wakes(_ event: RunEvent) -> Set<RunEffect.Stage> {
        switch event {
        case .queued, .followed, .added, .judgedAgain: [.supervision]
        case .wonExperiment: [.supervision, .scheduling]
        case .workerStarted, .trained, .evaluationStarted: []
        case .interrupted, .daemonLost, .workerLost, .queuedAgain, .servedChanged: [.supervision]
        case .resumed: [.supervision]
        case .held, .paused: []
        case .evaluated: [.gating]
        case .judged: [.promotion, .scheduling, .experiments]
        case .promoted: [.delivery, .scheduling]
        case .delivered, .failed, .cancelled: [.scheduling]
        }
    }

    private static func endsStory(_ event: RunEvent, _ state: RunState) -> Bool {
        if case .judged(_, let promotesItself) = event { return state.endsStory(promotesItself: promotesItself) }
        return state.endsStory(promotesItself: false)
    }
}
