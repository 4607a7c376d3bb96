/// Exit statuses of a worker (after sysexits.h): what each means, and what the launcher does about it.
///
/// Every launcher reads them here; docs/engine-protocol.md shows ``table``, and a test holds the two together.
package enum WorkerExit: Int32, Sendable, CaseIterable {
    case done = 0
    case badRequest = 64
    case badData = 65
    case badModel = 66
    case internalFault = 70
    case cannotWrite = 73
    case peerLost = 74
    case interrupted = 75
    case diverged = 76

    /// What a worker's leaving asks for.
    package enum Consequence: Hashable, Sendable {
        /// The result is in `result.json` and in the last event.
        case takeResult
        /// Starting it again would end the same way.
        case fail
        /// It may come to a result when it is started again; how often that is tried is the settings' business.
        case startAgain
        /// It left because it was asked to, or because another part of it was lost, and goes on when it is started
        /// again. One that nobody asked counts as a death, unless it has come further.
        case resumeLater
        /// What keeps it from working is the machine's and passes: it is started again until it can work, however
        /// often.
        case wait
    }

    /// What follows from the status.
    package var consequence: Consequence {
        switch self {
        case .done: .takeResult
        case .badRequest, .badData, .badModel, .diverged: .fail
        case .internalFault: .startAgain
        case .cannotWrite: .wait
        case .peerLost, .interrupted: .resumeLater
        }
    }

    /// What follows from any status: one that is not in the table is a crash.
    package static func consequence(of status: Int32) -> Consequence {
        WorkerExit(rawValue: status)?.consequence ?? .startAgain
    }

    /// What the worker says by it, for the documentation.
    package var meaning: String {
        switch self {
        case .done: "done"
        case .badRequest: "the request cannot be read, or asks for something impossible"
        case .badData: "the rows cannot be trained on"
        case .badModel: "the model cannot be loaded"
        case .internalFault: "a fault of the engine"
        case .cannotWrite: "the disk is full or not writable"
        case .peerLost: "another of its processes, a node or the scheduler was lost"
        case .interrupted: "asked to leave, and left"
        case .diverged: "the loss became NaN or exploded; the last good checkpoint is kept"
        }
    }

    /// What the daemon does about it, for the documentation.
    package var reaction: String {
        switch self {
        case .done: "takes `result.json`"
        case .badRequest, .badData, .badModel: "fails the run"
        case .internalFault:
            "starts it again after 1, 2, 4 … 300 s, `worker.attempts` times in all, then fails the run"
        case .cannotWrite:
            "lets the run wait with the cause `disk.full`, and starts it again, from its checkpoint, until it can write"
        case .peerLost:
            "starts it again; the engine resumes. Without a newer checkpoint it counts as a fault (70)"
        case .interrupted:
            """
            starts it again, unless it was cancelled; the engine resumes. Unasked and without a newer checkpoint it \
            counts as a fault (70)
            """
        case .diverged: "fails the run, with the step and the rows"
        }
    }

    /// The table of docs/engine-protocol.md.
    package static var table: String {
        "| status | meaning | what the daemon does |\n|---|---|---|\n"
            + allCases.map { "| \($0.rawValue) | \($0.meaning) | \($0.reaction) |\n" }.joined()
    }
}
