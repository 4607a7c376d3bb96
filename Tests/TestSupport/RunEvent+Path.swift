import Foundation
import Nouns

extension RunEvent {
    /// The verdict of a run that nobody looks at closer.
    package static func verdict(_ outcome: Verdict.Outcome) -> RunEvent {
        .judged(
            Verdict(outcome: outcome, summary: "a summary", gates: [], judgedAt: Date(timeIntervalSince1970: 0)),
            promotesItself: false)
    }

    /// What a worker that trained for a second says.
    package static let training = RunEvent.trained(
        TrainingResult(
            adapter: AdapterReference(path: "/adapter", sha256: "a"), steps: 2, bestStep: 2, finalLoss: 1, seconds: 1,
            tokens: 8, labelTokens: 4, tokensPerSecond: 8, peakMemoryBytes: 1 << 20, machine: "test"))

    /// What happens to a queued run until it is in `state`, by the shortest way.
    package static func path(to state: RunState) -> [RunEvent] {
        let judged =
            [workerStarted(resumes: false), training, evaluationStarted]
            + [evaluated(scores: [:], evaluators: nil)]
        return switch state {
        case .queued: []
        case .training: Array(judged.prefix(1))
        case .trained: Array(judged.prefix(2))
        case .evaluating: Array(judged.prefix(3))
        case .evaluated: judged
        case .accepted: judged + [verdict(.pass)]
        case .rejected: judged + [verdict(.fail)]
        case .inconclusive: judged + [verdict(.inconclusive)]
        case .promoted: path(to: .accepted) + [promoted("v-1", .automatic, who: "finetuned", reason: "better")]
        case .delivered: path(to: .promoted) + [delivered("delivered")]
        case .failed: [failed(Failure(code: "test", "It failed."))]
        case .cancelled: [cancelled(by: "test")]
        }
    }

    /// One event of each kind, and for verdicts and promotions one of each that leads elsewhere or says something else.
    package static let samples: [String: RunEvent] = [
        "queued": .queued("from-base, 9 training rows (new data)"),
        "followed": .followed("r-7", "smaller-rate: it overfits"),
        "wonExperiment": .wonExperiment("x-1", trial: 3),
        "added": .added("v-2", from: "another machine"),
        "judgedAgain": .judgedAgain("r-7"),
        "workerStarted": .workerStarted(resumes: false),
        "resumed": .workerStarted(resumes: true),
        "trained": .training,
        "evaluationStarted": .evaluationStarted,
        "evaluated": .evaluated(scores: [:], evaluators: nil),
        "servedChanged": .servedChanged,
        "interrupted": .interrupted,
        "daemonLost": .daemonLost,
        "workerLost": .workerLost(Failure(code: "worker.killed", "It was killed.")),
        "held": .held(Failure(code: "disk.full", "The disk is full.")),
        "queuedAgain": .queuedAgain(Failure(code: "worker.killed", "It was killed.")),
        "failed": .failed(Failure(code: "data.none", "No rows.")),
        "paused": .paused(by: "ada"),
        "goesOn": .resumed(by: "ada"),
        "cancelled": .cancelled(by: "ada"),
        "passed": .verdict(.pass),
        "rejected": .verdict(.fail),
        "undecided": .verdict(.inconclusive),
        "promoted": .promoted("v-1", .automatic, who: "finetuned", reason: "better"),
        "forced": .promoted("v-1", .forced, who: "ada", reason: "urgent"),
        "delivered": .delivered("delivered: exported as peft"),
    ]
}
