import Foundation
import Nouns
import Tensors
import Transformers

/// Fine-tunes an adapter or a model's own weights: the whole training loop on one page.
///
/// Killed at any step and started again in the same folder, it ends with the same bytes on the same machine and thread
/// count.
package final class TrainLoop {
    /// What the loop tells while it runs.
    package enum Event: Sendable {
        case step(StepReport)
        case validation(ValidationReport)
        case checkpoint(Int)
        /// So many pairs have been measured under the frozen start.
        case reference(done: Int, of: Int)
    }

    /// The end of an epoch.
    package struct EpochEnd: Sendable {
        /// Steps done.
        package let step: Int
        /// The step of the best weights so far; nil where no rows choose.
        package let bestStep: Int?
        /// Loss of the last step.
        package let loss: Double
        /// What validation said at this step, where it was asked.
        package let validation: ValidationReport?
    }

    /// What `interruption` threw, on its way out of a step or a validation that is given up.
    private struct GivenUp: Error { let cause: any Error }

    let model: Model
    let recipe: Recipe
    let enough: EnoughRule?
    let train: [TrainingExample]
    let validation: [TrainingExample]
    let folder: String
    let team: ThreadTeam
    let transformer: Transformer
    let optimizer: Optimizer
    let schedule: LearningRateSchedule
    let objective: Objective
    let fingerprint: String
    let start: String
    let stepsPerEpoch: Int
    package let steps: Int
    let report: (Event) -> Void
    private let endOfEpoch: (EpochEnd) throws -> Void
    /// The newest validation of this attempt.
    private var lastValidation: ValidationReport?
    let interruption: Interruption
    /// The whole steps done.
    private var state = Checkpoint()
    /// What the checkpoint on disk holds; nothing has been done where there is none.
    private var saved = Checkpoint()
    private var best: FloatBuffer?
    /// What the frozen start says of the pairs, once it was asked.
    private var reference: PreferenceReference
    /// Steps in a row whose loss was beyond all reason.
    private var runaway = 0

    /// - Parameters:
    ///   - parameters: what is trained, at its start: an adapter, fresh or served, or the weights themselves.
    ///   - enough: ends training that has nothing left to gain; nil trains all epochs.
    ///   - folder: where checkpoints are written and looked for.
    ///   - fingerprint: names rows, base and start, so that a checkpoint of something else is not resumed.
    ///   - start: names rows and start alone, which is what the reference of pairs depends on.
    ///   - memoryBytes: what activations may take.
    ///   - endOfEpoch: called with the weights as they are at the end of each epoch; of a run that was stopped there
    ///     once more.
    ///   - interruption: asked before every micro-batch.
    /// - Throws: a Failure where there is nothing to train on.
    package init(
        model: Model, parameters: any Trainable, recipe: Recipe, enough: EnoughRule? = nil, train: [TrainingExample],
        validation: [TrainingExample], folder: String, fingerprint: String, start: String, team: ThreadTeam,
        memoryBytes: Int, report: @escaping (Event) -> Void,
        endOfEpoch: @escaping (EpochEnd) throws -> Void = { _ in }, interruption: @escaping Interruption = {}
    ) throws {
        guard let peak = recipe.learningRate, peak > 0, peak.isFinite else {
            throw Failure(
                code: "recipe.learning_rate", "There is no learning rate to train with.", at: "recipe.learning_rate",
                remedy: "Set one, or run the range test first.")
        }
        guard train.contains(where: { $0.labels > 0 }) else {
            throw Failure(
                code: "training.no_labels", "None of the \(train.count) rows has a token to learn from.",
                remedy: "Check the rows' completions, and that recipe.max_length does not cut them off.")
        }
        try recipe.check()
        self.model = model
        self.recipe = recipe
        self.enough = enough
        self.train = train
        self.validation = validation
        self.folder = folder
        self.fingerprint = fingerprint
        self.start = start
        self.team = team
        self.report = report
        self.endOfEpoch = endOfEpoch
        self.interruption = interruption
        transformer = try parameters.transformer(model, team: team)
        optimizer = try Optimizer(parameters, recipe: recipe, team: team)
        objective = Objective(recipe: recipe, transformer: transformer, memoryBytes: memoryBytes)
        let none = PreferenceReference.Scores(chosen: 0, rejected: 0)
        reference = PreferenceReference(
            train: train.map { _ in none }, validation: validation.map { _ in none })
        stepsPerEpoch = (train.count + recipe.batchRows - 1) / recipe.batchRows
        steps = max(1, Int((recipe.epochs * Double(stepsPerEpoch)).rounded(.up)))
        schedule = LearningRateSchedule(recipe, peak: peak, steps: steps)
    }

    /// Trains to the end or to `pauseAtStep`.
    ///
    /// Throws what `interruption` throws, within one micro-batch: the step under way is given up, and a checkpoint of
    /// the last whole one is written. Started again, the run goes on from there.
    package func run(pauseAtStep: Int? = nil) throws -> TrainingResult {
        // The parameters are at their start until a checkpoint is read.
        try findReference()
        if let found = try Checkpoint.read(
            from: folder, fingerprint: fingerprint, optimizer: optimizer, best: &best)
        {
            (state, saved) = (found, found)
        }
        optimizer.parameters.publish(to: transformer)
        do {
            if isValidationDue { try validate() }
            try endEpoch()
            func isAtWork() -> Bool { state.step < min(lastStep, pauseAtStep ?? lastStep) && !isPatienceLost }
            while isAtWork() {
                try takeStep()
                if isEvaluation(state.step) { try validate() }
                try endEpoch()
                if state.step % max(1, recipe.checkpointEverySteps) == 0, isAtWork() { try checkpoint() }
            }
        } catch let givenUp as GivenUp {
            if state != saved { try checkpoint() }
            throw givenUp.cause
        }
        if let pauseAtStep, state.step < lastStep, state.step == pauseAtStep {
            try checkpoint()
            return result(paused: true)
        }
        if let best, !validation.isEmpty {
            optimizer.parameters.values.pointer.update(from: best.pointer, count: optimizer.parameters.count)
        }
        return result(paused: false)
    }

    /// The last step: the recipe's, or that at which the rate has fallen after nothing was left to gain.
    private var lastStep: Int { state.fallsAfter.map { $0 + EnoughRule.fall(after: $0) } ?? steps }

    private func rate(_ step: Int) -> Double {
        state.fallsAfter.map { schedule.rate(step, leftAfter: $0, over: EnoughRule.fall(after: $0)) }
            ?? schedule.rate(step)
    }

    /// Tells of an epoch that ends with the steps done.
    private func endEpoch() throws {
        guard state.step > 0, state.step % stepsPerEpoch == 0 || state.step == lastStep else { return }
        try endOfEpoch(
            EpochEnd(
                step: state.step, bestStep: validation.isEmpty ? nil : state.bestStep, loss: state.lastLoss,
                validation: lastValidation.flatMap { $0.step == state.step ? $0 : nil }))
    }

    /// Takes what the frozen start says of the pairs from the run's folder, or measures it.
    private func findReference() throws {
        let total = (train + validation).count { $0.pair != nil }
        guard total > 0 else { return }
        if let kept = PreferenceReference.read(
            from: folder, digest: start, train: train.count, validation: validation.count)
        {
            reference = kept
            return
        }
        optimizer.parameters.publish(to: transformer)
        report(.reference(done: 0, of: total))
        let learnt = train.count { $0.pair != nil }
        reference.train = try objective.reference(train, heed: interruption) {
            report(.reference(done: $0, of: total))
        }
        reference.validation = try objective.reference(validation, heed: interruption) {
            report(.reference(done: learnt + $0, of: total))
        }
        try reference.write(to: folder, digest: start)
    }

    private func heed() throws {
        do { try interruption() } catch { throw GivenUp(cause: error) }
    }

    /// One optimizer step. Until all its gradients are there, nothing that lasts is changed.
    private func takeStep() throws {
        let started = ContinuousClock.now
        let rows = stepRows(state.step)
        try heed()
        optimizer.clearGradients()
        let found = try objective.gradients(
            rows.map { (train[$0], reference.train[$0]) }, step: state.step, into: optimizer.gradients, heed: heed)
        let loss = found.value
        let norm = optimizer.gradientNorm()
        try check(loss: loss, norm: norm, rows: rows)
        let rate = rate(state.step)
        let clip = recipe.clipNorm > 0 ? min(1, recipe.clipNorm / (norm + 1e-6)) : 1
        optimizer.update(step: state.step + 1, rate: rate, scale: clip)
        optimizer.parameters.publish(to: transformer)

        state.step += 1
        state.firstLoss = state.firstLoss ?? loss
        state.lastLoss = loss
        let tokens = rows.reduce(0) { $0 + train[$1].tokens }
        let labels = rows.reduce(0) { $0 + train[$1].labels }
        state.seconds += Self.seconds(since: started)
        state.tokens += tokens
        state.labelTokens += labels
        report(
            .step(
                StepReport(
                    step: state.step, steps: lastStep, epoch: Double(state.step) / Double(stepsPerEpoch), loss: loss,
                    gradientNorm: norm, learningRate: rate, tokens: tokens, labelTokens: labels,
                    tokensPerSecond: Double(state.tokens) / max(1e-9, state.seconds),
                    memoryBytes: MemoryUse.peakBytes(),
                    secondsLeft: state.seconds / Double(state.step) * Double(lastStep - state.step),
                    preference: found.preference)))
    }

    /// The rows of 0-based `step`: a window of the epoch's own shuffle.
    private func stepRows(_ step: Int) -> [Int] {
        let epoch = step / stepsPerEpoch
        let order = TensorRandom(seed: recipe.seed, stream: 1 << 32 | UInt64(epoch)).permutation(train.count)
        let from = step % stepsPerEpoch * recipe.batchRows
        return Array(order[from..<min(train.count, from + recipe.batchRows)])
    }

    /// Refuses to go on from numbers that are no longer a model; the last checkpoint stays.
    private func check(loss: Double, norm: Double, rows: [Int]) throws {
        let numbers = rows.map { String($0 + 1) }.joined(separator: ", ")
        let place = "step \(state.step + 1) of \(steps), training rows \(numbers)"
        guard loss.isFinite, norm.isFinite else {
            throw Failure(
                code: "training.not_finite", "The loss is \(loss) and the gradient norm \(norm).", at: place,
                remedy: "Lower recipe.learning_rate (now \(recipe.learningRate ?? 0)), and look at the rows named here."
            )
        }
        // Worse than guessing, and much worse than the start, three steps in a row: it will not come back by itself.
        let limit = max(3 * (state.firstLoss ?? loss), log(Double(model.configuration.vocabulary)) + 3)
        runaway = loss > limit ? runaway + 1 : 0
        guard runaway < 3 else {
            throw Failure(
                code: "training.exploding",
                "The loss has grown to \(loss), from \(state.firstLoss ?? loss) at the start.",
                at: place,
                remedy:
                    """
                    Lower recipe.learning_rate (now \(recipe.learningRate ?? 0)) or recipe.clip_norm, or lengthen \
                    the warm-up.
                    """
            )
        }
    }

    private func isEvaluation(_ step: Int) -> Bool {
        guard !validation.isEmpty else { return false }
        if step == lastStep { return true }
        return recipe.evaluateEverySteps > 0 ? step % recipe.evaluateEverySteps == 0 : step % stepsPerEpoch == 0
    }

    /// Whether the validation that belongs to the steps done is still to be made: the run is new, or it was stopped
    /// in that validation.
    ///
    /// A checkpoint says so without a field of its own: every evaluation since the best one went without gain, so it
    /// counts as many as the recipe asks for since then, or one fewer.
    private var isValidationDue: Bool {
        guard !validation.isEmpty else { return false }
        guard state.step > 0 else { return state.startLoss == nil }
        let asked = stride(from: state.bestStep + 1, through: state.step, by: 1).count { isEvaluation($0) }
        return asked > state.evaluationsWithoutGain
    }

    /// Whether so many evaluations have brought nothing that the recipe ends the run.
    private var isPatienceLost: Bool { recipe.patience.map { state.evaluationsWithoutGain >= max(1, $0) } ?? false }

    /// Measures validation loss and keeps the best weights seen. Nothing is changed where it is given up.
    private func validate() throws {
        let rows = zip(validation, reference.validation).map { ($0, $1) }
        guard let found = try objective.measure(rows, heed: heed) else { return }
        let mean = found.value
        let isBest = state.bestLoss.map { mean < $0 } ?? true
        if state.step == 0 { state.startLoss = mean }
        if isBest {
            (state.bestLoss, state.bestStep, state.evaluationsWithoutGain) = (mean, state.step, 0)
            state.bestTokenLoss = found.tokenLoss
            if best == nil { best = try FloatBuffer(optimizer.parameters.count) }
            best?.pointer.update(from: optimizer.parameters.values.pointer, count: optimizer.parameters.count)
        } else {
            state.evaluationsWithoutGain += 1
        }
        var told = ValidationReport(
            step: state.step, loss: mean, tokenAccuracy: found.tokenAccuracy, best: isBest,
            preference: found.preference, tokenLoss: found.tokenLoss)
        told.left = enough.flatMap { found.answers.left($0.measure) }
        look(at: told.left)
        lastValidation = told
        report(.validation(told))
    }

    /// Lets the rate fall to its end where what is left to gain was too little at enough measurements, and so many
    /// steps are left that it saves some.
    private func look(at left: Double?) {
        guard let enough, state.fallsAfter == nil else { return }
        let isEnough = left.map { $0 < enough.below } ?? false
        state.measurementsOfEnough = isEnough ? state.measurementsOfEnough + 1 : 0
        let end = state.step + EnoughRule.fall(after: state.step)
        if state.step > 0, state.measurementsOfEnough >= EnoughRule.measurements, end < steps {
            state.fallsAfter = state.step
        }
    }

    private func checkpoint() throws {
        try state.write(to: folder, fingerprint: fingerprint, optimizer: optimizer, best: best)
        saved = state
        report(.checkpoint(state.step))
    }

    private func result(paused: Bool) -> TrainingResult {
        var result = TrainingResult(
            adapter: AdapterReference(path: "", sha256: ""), steps: state.step,
            bestStep: validation.isEmpty ? state.step : state.bestStep,
            finalLoss: state.lastLoss, validationLoss: state.bestLoss, startValidationLoss: state.startLoss,
            validationTokenLoss: state.bestTokenLoss, seconds: state.seconds, tokens: state.tokens,
            labelTokens: state.labelTokens,
            tokensPerSecond: Double(state.tokens) / max(1e-9, state.seconds),
            peakMemoryBytes: MemoryUse.peakBytes(), paused: paused, machine: MemoryUse.machine(threads: team.threads))
        if state.fallsAfter != nil, !paused { result.plannedSteps = steps }
        return result
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let d = start.duration(to: .now).components
        return Double(d.seconds) + Double(d.attoseconds) * 1e-18
    }
}
