import Foundation

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
    }

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

    package init(_ event: Kind, time: Double = Date().timeIntervalSince1970) {
        self.event = event
        self.time = time
    }
}

/// The figures of one optimizer step.
package struct StepReport: Codable, Hashable, Sendable {
    /// 1-based; `steps` is the last one planned.
    package var step: Int
    package var steps: Int
    package var epoch: Double
    /// Mean loss per labelled token of this step, in nats.
    package var loss: Double
    /// Global gradient norm before clipping.
    package var gradientNorm: Double
    package var learningRate: Double
    /// Tokens seen in this step as the rows have them (before sharing prefixes), and those carrying a label.
    package var tokens: Int
    package var labelTokens: Int
    package var tokensPerSecond: Double
    /// Peak resident memory so far, in bytes.
    package var memoryBytes: Int
    package var secondsLeft: Double?

    package init(
        step: Int, steps: Int, epoch: Double, loss: Double, gradientNorm: Double, learningRate: Double, tokens: Int,
        labelTokens: Int, tokensPerSecond: Double, memoryBytes: Int, secondsLeft: Double? = nil
    ) {
        self.step = step
        self.steps = steps
        self.epoch = epoch
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.learningRate = learningRate
        self.tokens = tokens
        self.labelTokens = labelTokens
        self.tokensPerSecond = tokensPerSecond
        self.memoryBytes = memoryBytes
        self.secondsLeft = secondsLeft
    }
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

/// Loss on the validation split at one step.
package struct ValidationReport: Codable, Hashable, Sendable {
    package var step: Int
    package var loss: Double
    package var tokenAccuracy: Double
    /// Whether this is the lowest loss so far; the best checkpoint follows it.
    package var best: Bool
    package init(step: Int, loss: Double, tokenAccuracy: Double, best: Bool) {
        self.step = step
        self.loss = loss
        self.tokenAccuracy = tokenAccuracy
        self.best = best
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
    package var evaluations: [String: EvaluationResult]?
    package var outputs: [GeneratedOutput]?
    package var files: [FileReference]?
    package var range: RangeTestResult?
    package var figures: [String: Double]?
    package init() {}
}

/// The outcome of training.
package struct TrainingResult: Codable, Hashable, Sendable {
    package var adapter: AdapterReference
    package var steps: Int
    /// The step whose weights are in `adapter`: the best by validation where there is one, else the last.
    package var bestStep: Int
    package var finalLoss: Double
    package var validationLoss: Double?
    /// Validation loss before the first step.
    package var startValidationLoss: Double?
    package var seconds: Double
    package var tokens: Int
    package var labelTokens: Int
    package var tokensPerSecond: Double
    package var peakMemoryBytes: Int
    /// True where it stopped at `pauseAtStep` and can be resumed.
    package var paused: Bool
    /// BLAS core type, kernel set, threads: what determinism depends on.
    package var machine: String
    package init(
        adapter: AdapterReference, steps: Int, bestStep: Int, finalLoss: Double, validationLoss: Double? = nil,
        startValidationLoss: Double? = nil, seconds: Double, tokens: Int, labelTokens: Int, tokensPerSecond: Double,
        peakMemoryBytes: Int, paused: Bool = false, machine: String
    ) {
        self.adapter = adapter
        self.steps = steps
        self.bestStep = bestStep
        self.finalLoss = finalLoss
        self.validationLoss = validationLoss
        self.startValidationLoss = startValidationLoss
        self.seconds = seconds
        self.tokens = tokens
        self.labelTokens = labelTokens
        self.tokensPerSecond = tokensPerSecond
        self.peakMemoryBytes = peakMemoryBytes
        self.paused = paused
        self.machine = machine
    }
}

/// The outcome of scoring one set.
package struct EvaluationResult: Codable, Hashable, Sendable {
    package var rows: Int
    package var figures: [String: Double]
    /// JSON lines of ``ExampleRecord``.
    package var examples: FileReference
    package var seconds: Double
    /// What was found in the model's bytes; nil from a worker that does not look.
    package var inspection: ModelInspection?
    package init(
        rows: Int, figures: [String: Double], examples: FileReference, seconds: Double,
        inspection: ModelInspection? = nil
    ) {
        self.inspection = inspection
        self.rows = rows
        self.figures = figures
        self.examples = examples
        self.seconds = seconds
    }
}

/// The curve of a learning-rate range test.
package struct RangeTestResult: Codable, Hashable, Sendable {
    package var suggested: Double
    package var learningRates: [Double]
    package var losses: [Double]
    package var smoothed: [Double]
    /// Why this value, in words.
    package var reason: String
    package init(suggested: Double, learningRates: [Double], losses: [Double], smoothed: [Double], reason: String) {
        self.suggested = suggested
        self.learningRates = learningRates
        self.losses = losses
        self.smoothed = smoothed
        self.reason = reason
    }
}

/// Exit statuses of a worker (after sysexits.h).
package enum WorkerExit: Int32, Sendable, CaseIterable {
    case done = 0
    /// The request cannot be read or asks for something impossible (EX_USAGE).
    case badRequest = 64
    /// The rows cannot be trained on (EX_DATAERR).
    case badData = 65
    /// The model cannot be loaded (EX_NOINPUT).
    case badModel = 66
    /// A fault of the engine itself (EX_SOFTWARE).
    case internalFault = 70
    /// The disk is full or not writable (EX_CANTCREAT).
    case cannotWrite = 73
    /// Stopped by SIGTERM after writing a checkpoint; start again to resume (EX_TEMPFAIL).
    case interrupted = 75
    /// Loss became NaN or exploded; the last good checkpoint is kept.
    case diverged = 76
}
