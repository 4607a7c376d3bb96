import Foundation
import Nouns

/// One line that a worker writes to file descriptor 3: `{"time": …, "event": "step", "step": {…}}`.
package struct WorkerEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// The request was read; work begins.
        case started
        /// A stage began: `loading`, `encoding`, `training`, `validating`, `generating`, `scoring`, `exporting`, …
        case stage
        /// One optimizer step is done.
        case step
        /// How far a stage without optimizer steps has come.
        case progress
        /// Validation loss was measured.
        case validation
        /// A whole checkpoint is on disk.
        case checkpoint
        /// Something a person should know that does not stop the work.
        case warning
        /// An answer to one conversation.
        case output
        /// The work is done; `result` holds what came of it (also in `result.json`).
        case result
        /// The work could not be done.
        case failed
        /// The last event of all: the engine leaves with `status`.
        case ended
        /// Told by launchers alone: the work waits for machines, and silence is none.
        case waiting
        /// Told by launchers alone: the work has its machines.
        case working
    }

    /// The environment variable by which a launcher names the descriptor that it reads events from.
    package static let descriptorVariable = "FINETUNED_EVENTS_FD"

    /// Seconds since 1970.
    package var time: Double
    package var event: Kind
    package var stage: String?
    package var step: StepReport?
    package var progress: ProgressReport?
    package var validation: ValidationReport?
    /// Optimizer steps inside the checkpoint just written.
    package var checkpoint: Int?
    package var warning: Failure?
    package var output: GeneratedOutput?
    package var result: WorkerResult?
    package var failure: Failure?
    package var waiting: WaitingReport?
    /// The exit status by which the engine means to leave, in its last event.
    package var status: Int32?
    /// The attempt that the request named, in its last event.
    package var attempt: Int?

    package init(_ event: Kind, time: Double = Date().timeIntervalSince1970) {
        self.event = event
        self.time = time
    }
}

/// What work waits for before an engine is started.
package struct WaitingReport: Codable, Hashable, Sendable {
    /// In the scheduler's words, such as `Resources`.
    package var reason: String
    /// When the scheduler expects it to start, as it says so.
    package var expected: String?
    package init(reason: String, expected: String? = nil) {
        self.reason = reason
        self.expected = expected
    }

    /// Such as `waits for nodes: Resources, about 14:20`.
    package var inWords: String { "waits for nodes: \(reason)" + (expected.map { ", about \($0)" } ?? "") }
}

/// How far a stage has come, in its own unit.
package struct ProgressReport: Codable, Hashable, Sendable {
    package var done: Int
    package var total: Int
    package var unit: String
    package init(done: Int, total: Int, unit: String) {
        self.done = done
        self.total = total
        self.unit = unit
    }
}

/// One generated answer.
package struct GeneratedOutput: Codable, Hashable, Sendable {
    /// Position of its conversation in the request.
    package var index: Int
    package var text: String
    package var tokens: Int
    package var promptTokens: Int
    /// `stop` (end of turn) or `length`.
    package var finish: String
    package init(index: Int, text: String, tokens: Int, promptTokens: Int, finish: String) {
        self.index = index
        self.text = text
        self.tokens = tokens
        self.promptTokens = promptTokens
        self.finish = finish
    }
}

/// What came of a worker's work; each task fills its own part.
package struct WorkerResult: Codable, Hashable, Sendable {
    package var card: BaseCard?
    package var training: TrainingResult?
    /// Per set: aggregate figures (`loss`, `bits_per_byte`, `token_accuracy`, `exact_match`, `accuracy`, …) and the
    /// per-example file.
    package var evaluations: [SetName: EvaluationResult]?
    package var outputs: [GeneratedOutput]?
    package var files: [FileReference]?
    package var range: RangeTestResult?
    package var figures: [String: Double]?
    package init() {}
}
