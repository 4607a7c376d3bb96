import Foundation

extension Run {
    /// Takes the run to the state that an event leads to, with what the event records.
    ///
    /// Throws a Failure (`run.transition`) where it cannot happen in the present state: someone else was faster.
    ///
    /// - Returns: what is to be done about it, once the change is on disk.
    package mutating func apply(_ event: RunEvent, at now: Date) throws -> [RunEffect] {
        guard let next = RunLife.next(state, isPaused: paused != nil, event) else {
            throw Failure(
                code: "run.transition", "Run \(id) is \(stateInWords), so it cannot \(event.phrase).",
                at: id.rawValue, remedy: "See `ftctl show \(id)`.")
        }
        if case .paused = event, state.isActive {
            // The worker that is asked to leave has not died.
            attempts = max(0, attempts - 1)
        }
        state = next
        record(event)
        if !state.isActive { work = nil }
        if !state.isUnderWay { paused = nil }
        if state == .training { startedAt = startedAt ?? now }
        if !state.isUnderWay { finishedAt = finishedAt ?? now }
        return RunLife.effects(event, self)
    }

    /// The state as people read it: `queued`, or `queued (paused by ada)`.
    package var stateInWords: String { state.rawValue + (paused.map { " (paused by \($0))" } ?? "") }

    /// What held it up has passed.
    private mutating func goesOn() {
        if holds != nil { cause = nil }
        holds = nil
    }

    private mutating func record(_ event: RunEvent) {
        switch event {
        case .workerStarted, .evaluationStarted:
            attempts += 1
            if holds != nil { cause = nil }
        case .trained(let training):
            goesOn()
            adapter = training.adapter
            self.training = training
            attempts = 0
        case .evaluated(let scores, let evaluators):
            goesOn()
            self.scores = scores
            self.evaluators = evaluators
        case .servedChanged: attempts = 0
        // Only a worker's own death uses up an attempt.
        case .interrupted, .daemonLost: attempts = max(0, attempts - 1)
        case .held(let failure):
            attempts = max(0, attempts - 1)
            holds = (holds ?? 0) + 1
            cause = failure
        case .queuedAgain:
            attempts = 0
            queuedAgain = true
        case .paused(let who): paused = who
        case .resumed: paused = nil
        case .failed(let failure): cause = failure
        case .cancelled(let who): cause = Failure(code: "run.cancelled", "Cancelled by \(who).")
        case .judged(let verdict, _): self.verdict = verdict
        case .promoted(let version, _, _, _): self.version = version
        case .queued, .followed, .wonExperiment, .added, .judgedAgain, .workerLost, .delivered: break
        }
    }
}
