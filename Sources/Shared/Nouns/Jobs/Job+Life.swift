import Foundation

/// What may become of a job before it has a run; afterwards its run says.
extension Job {
    /// Whether nothing more becomes of it by itself.
    package var isOver: Bool { state == .failed || state == .cancelled }

    /// The state in a sentence that refuses something.
    package var refusal: Failure {
        Failure(
            code: "job.transition", "The job \(id) is \(paused == nil ? state.rawValue : "paused") already.",
            at: id.rawValue, remedy: "Make another job.")
    }

    private func requireWaiting() throws {
        guard state == .waiting else { throw refusal }
    }

    /// Throws a Failure (`job.transition`) where it is over or has a run.
    package mutating func cancel(by who: String, at now: Date) throws {
        try requireWaiting()
        (state, finishedAt, paused) = (.cancelled, now, nil)
        notes.append(Note("Cancelled by \(who).", level: .warn, at: now))
    }

    /// Throws a Failure (`job.transition`) where it is paused, over or has a run.
    package mutating func pause(by who: String, at now: Date) throws {
        try requireWaiting()
        guard paused == nil else { throw refusal }
        paused = who
        notes.append(Note("Paused by \(who); it is queued until it is resumed.", at: now))
    }

    /// Throws a Failure (`job.transition`) where it is not paused.
    package mutating func resume(by who: String, at now: Date) throws {
        try requireWaiting()
        guard paused != nil else {
            throw Failure(
                code: "job.transition", "The job \(id) is not paused.", at: id.rawValue,
                remedy: "Pause it first, or wait for it.")
        }
        paused = nil
        notes.append(Note("Resumed by \(who).", at: now))
    }

    /// Takes out what it says of faults of its files, which quotes their rows.
    package mutating func forgetFaults() {
        let text = "What was wrong was erased with the rows."
        cause?.message = text
        cause?.remedy = nil
        cause?.cause = nil
        for index in notes.indices where notes[index].level == .error { notes[index].message = text }
    }

    /// No run can be made of it; what is over stays as it is.
    package mutating func fail(_ failure: Failure, at now: Date) {
        guard state == .waiting else { return }
        (state, cause, finishedAt, paused) = (.failed, failure, now, nil)
        notes.append(Note([failure.message, failure.remedy ?? ""].joined(separator: " "), level: .error, at: now))
    }
}
