import Nouns

/// What a scheduler says of one job, whichever scheduler it is.
package struct JobState: Codable, Hashable, Sendable {
    package enum Phase: Codable, Hashable, Sendable {
        /// It will get machines.
        case waiting
        /// It waits for what never comes.
        case stuck
        /// It could not be started, and waits for somebody to release it.
        case held
        case working
        case ended(End)
    }

    /// How a job ended.
    package enum End: Codable, Hashable, Sendable {
        case completed
        /// Its script left by this status; nil where the scheduler does not say which.
        case failed(Int32?)
        /// It could not even begin where its output was to go.
        case unlaunched
        case outOfMemory
        /// A node was lost, or could not be made ready.
        case lost
        /// Its time was over, or something more urgent came.
        case interrupted
        /// - Parameter by: who did it, as far as the scheduler says.
        case cancelled(by: String?)
    }

    package var phase: Phase
    /// Why it waits or how it ended, in the scheduler's words.
    package var reason: String?
    /// When it is expected to start, in the scheduler's words.
    package var expected: String?
    /// The nodes that it has, as the scheduler writes them.
    package var hosts: String?
    /// The memory that it had, and what it used.
    package var memory: String?

    /// How often the scheduler has taken it back and queued it anew; nil where that was not asked.
    package var restarts: Int?

    package init(_ phase: Phase, reason: String? = nil) {
        self.phase = phase
        self.reason = reason
    }

    package var end: End? { if case .ended(let end) = phase { end } else { nil } }
}

/// What was found out about one job. Nothing was found out about one that has none.
package enum JobFact: Hashable, Sendable {
    case state(JobState)
    /// The scheduler answers, and says that it does not know the job.
    case unknown
}

/// What became of handing in a job.
package enum JobSubmission: Hashable, Sendable {
    case taken(String)
    /// The scheduler says that it will not have the job.
    case refused(Failure)
    /// Nobody knows whether it has it.
    case silence(String)
}

/// What became of looking for a job by its name.
package enum JobFinding: Hashable, Sendable {
    case found(String)
    /// The scheduler answers, and has none of that name.
    case absent
    case silence
}
