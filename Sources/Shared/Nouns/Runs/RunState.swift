/// The states of a run. ``RunLife`` says which follows which, and the ledger refuses every other step.
package enum RunState: String, Codable, Hashable, Sendable, CaseIterable {
    case queued
    case training
    case trained
    case evaluating
    case evaluated
    case accepted
    case rejected
    case inconclusive
    case promoted
    case delivered
    case failed
    case cancelled

    /// Whether a worker is (or should be) at work on it.
    package var isActive: Bool { self == .training || self == .evaluating }

    /// Whether a verdict is still to come. Meanwhile the pipeline queues no other run, and the run stops if its rows
    /// are withdrawn.
    package var isUnderWay: Bool {
        switch self {
        case .queued, .training, .trained, .evaluating, .evaluated: true
        case .accepted, .rejected, .inconclusive, .promoted, .delivered, .failed, .cancelled: false
        }
    }

    /// Whether the daemon has something left to do with it, unasked: its files are still read.
    package var hasWorkLeft: Bool { isUnderWay || self == .promoted }

    /// Whether those who watch the run have seen its end. What passed and is promoted by itself goes on a moment
    /// longer, so that they see it served.
    package func endsStory(promotesItself: Bool) -> Bool { !isUnderWay && !(self == .accepted && promotesItself) }
}
