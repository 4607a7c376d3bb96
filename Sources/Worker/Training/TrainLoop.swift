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
    }

    /// How it ended.
    package enum Outcome: Sendable {
        case finished(TrainingResult)
        /// Stopped by request after a checkpoint; start again to resume.
        case interrupted(step: Int)
    }

    let model: Model
    let recipe: Recipe
    let train: [TokenSequence]
    let validation: [TokenSequence]
    let folder: String
    let team: ThreadTeam
    let transformer: Transformer
    let optimizer: Optimizer
    let schedule: LearningRateSchedule
    /// Tokens of a micro-batch.
    let budget: Int
    let fingerprint: String
    let stepsPerEpoch: Int
    package let steps: Int
    let report: (Event) -> Void
    let shouldStop: () -> Bool
    var best: FloatBuffer?

    /// - Parameters:
    ///   - parameters: what is trained, at its start: an adapter, fresh or served, or the weights themselves.
    ///   - folder: where checkpoints are written and looked for.
    ///   - fingerprint: names rows, base and start, so that a checkpoint of something else is not resumed.
    ///   - memoryBytes: what activations may take.
    /// - Throws: a Failure where there is nothing to train on.
    package init(
        model: Model, parameters: any Trainable, recipe: Recipe, train: [TokenSequence], validation: [TokenSequence],
        folder: String,
        fingerprint: String, team: ThreadTeam, memoryBytes: Int, report: @escaping (Event) -> Void,
        shouldStop: @escaping () -> Bool
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
        guard recipe.batchRows >= 1, recipe.epochs > 0, recipe.epochs.isFinite else {
            throw Failure(
                code: "recipe.batch_rows",
                "batch_rows \(recipe.batchRows) and epochs \(recipe.epochs) must be positive.", at: "recipe",
                remedy: "Use at least one row a step and a positive number of epochs.")
        }
        try recipe.checkNoise()
        self.model = model
        self.recipe = recipe
        self.train = train
        self.validation = validation
        self.folder = folder
        self.fingerprint = fingerprint
        self.team = team
        self.report = report
        self.shouldStop = shouldStop
        transformer = try parameters.transformer(model, team: team)
        optimizer = try Optimizer(parameters, recipe: recipe, team: team)
        budget = max(128, min(1 << 16, memoryBytes / transformer.bytesPerToken))
        stepsPerEpoch = (train.count + recipe.batchRows - 1) / recipe.batchRows
        steps = max(1, Int((recipe.epochs * Double(stepsPerEpoch)).rounded(.up)))
        schedule = LearningRateSchedule(recipe, peak: peak, steps: steps)
    }

    /// Trains to the end, to `pauseAtStep`, or until asked to stop.
    package func run(pauseAtStep: Int? = nil) throws -> Outcome {
        var state =
            try Checkpoint.read(from: folder, fingerprint: fingerprint, optimizer: optimizer, best: &best)
            ?? Checkpoint()
        optimizer.parameters.publish(to: transformer)
        if state.step == 0, state.startLoss == nil, !validation.isEmpty { try validate(&state) }
        let last = min(steps, pauseAtStep ?? steps)
        var runaway = 0
        while state.step < last {
            if shouldStop() { return try interrupted(state) }
            let started = ContinuousClock.now
            let rows = stepRows(state.step)
            let loss = try gradients(rows.map { train[$0] }, step: state.step)
            let norm = optimizer.gradientNorm()
            try check(loss: loss, norm: norm, step: state.step, rows: rows, first: state.firstLoss, runaway: &runaway)
            let rate = schedule.rate(state.step)
            let clip = recipe.clipNorm > 0 ? min(1, recipe.clipNorm / (norm + 1e-6)) : 1
            optimizer.update(step: state.step + 1, rate: rate, scale: clip)
            optimizer.parameters.publish(to: transformer)

            state.step += 1
            state.firstLoss = state.firstLoss ?? loss
            state.lastLoss = loss
            let tokens = rows.reduce(0) { $0 + train[$1].ids.count }
            let labels = rows.reduce(0) { $0 + train[$1].labels }
            let seconds = Self.seconds(since: started)
            state.seconds += seconds
            state.tokens += tokens
            state.labelTokens += labels
            report(
                .step(
                    StepReport(
                        step: state.step, steps: steps, epoch: Double(state.step) / Double(stepsPerEpoch), loss: loss,
                        gradientNorm: norm,
                        learningRate: rate, tokens: tokens, labelTokens: labels,
                        tokensPerSecond: Double(state.tokens) / max(1e-9, state.seconds),
                        memoryBytes: MemoryUse.peakBytes(),
                        secondsLeft: state.seconds / Double(state.step) * Double(steps - state.step))))
            if isEvaluation(state.step) {
                try validate(&state)
                if let patience = recipe.patience, state.evaluationsWithoutGain >= max(1, patience) { break }
            }
            if state.step % max(1, recipe.checkpointEverySteps) == 0, state.step < last { try checkpoint(state) }
        }
        if state.step < steps, pauseAtStep != nil, state.step == last {
            try checkpoint(state)
            return .finished(result(state, paused: true))
        }
        if let best, !validation.isEmpty {
            optimizer.parameters.values.pointer.update(from: best.pointer, count: optimizer.parameters.count)
        }
        return .finished(result(state, paused: false))
    }

    /// The rows of 0-based `step`: a window of the epoch's own shuffle.
    private func stepRows(_ step: Int) -> [Int] {
        let epoch = step / stepsPerEpoch
        let order = CounterRandom(seed: recipe.seed, stream: 1 << 32 | UInt64(epoch)).permutation(train.count)
        let from = step % stepsPerEpoch * recipe.batchRows
        return Array(order[from..<min(train.count, from + recipe.batchRows)])
    }

    /// Fills the gradients of the mean loss over all labelled tokens of the step; returns that loss.
    private func gradients(_ rows: [TokenSequence], step: Int) throws -> Double {
        optimizer.clearGradients()
        let weight = rows.reduce(0.0) { sum, row in sum + row.weights.dropFirst().reduce(0.0) { $0 + Double($1) } }
        guard weight > 0 else { return 0 }
        var loss = 0.0
        var noise = recipe.noise(step: step)
        for tree in MicroBatches.make(rows, budget: budget, sharing: noise == nil) {
            let sites = try transformer.train(
                tree, scale: Float(1 / weight), smoothing: Float(recipe.labelSmoothing), noise: noise,
                into: optimizer.gradients)
            noise?.firstRow += tree.trees.count
            for (site, value) in zip(tree.labels, sites) { loss += Double(site.weight) * Double(value.loss) }
        }
        return loss / weight
    }

    /// Refuses to go on from numbers that are no longer a model; the last checkpoint stays.
    private func check(loss: Double, norm: Double, step: Int, rows: [Int], first: Double?, runaway: inout Int) throws {
        let where_ =
            "step \(step + 1) of \(steps), training rows \(rows.map { String($0 + 1) }.joined(separator: ", "))"
        guard loss.isFinite, norm.isFinite else {
            throw Failure(
                code: "training.not_finite", "The loss is \(loss) and the gradient norm \(norm).", at: where_,
                remedy: "Lower recipe.learning_rate (now \(recipe.learningRate ?? 0)), and look at the rows named here."
            )
        }
        // Worse than guessing, and much worse than the start, three steps in a row: it will not come back by itself.
        let limit = max(3 * (first ?? loss), log(Double(model.configuration.vocabulary)) + 3)
        runaway = loss > limit ? runaway + 1 : 0
        guard runaway < 3 else {
            throw Failure(
                code: "training.exploding", "The loss has grown to \(loss), from \(first ?? loss) at the start.",
                at: where_,
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
        if step == steps { return true }
        return recipe.evaluateEverySteps > 0 ? step % recipe.evaluateEverySteps == 0 : step % stepsPerEpoch == 0
    }

    /// Measures validation loss and keeps the best weights seen.
    private func validate(_ state: inout Checkpoint) throws {
        var loss = 0.0
        var weight = 0.0
        var correct = 0.0
        for tree in MicroBatches.make(validation, budget: budget, sharing: true) {
            for (site, value) in zip(tree.labels, try transformer.score(tree)) {
                loss += Double(site.weight) * Double(value.loss)
                weight += Double(site.weight)
                if value.correct { correct += Double(site.weight) }
            }
        }
        guard weight > 0 else { return }
        let mean = loss / weight
        let isBest = state.bestLoss.map { mean < $0 } ?? true
        if state.step == 0 { state.startLoss = mean }
        if isBest {
            (state.bestLoss, state.bestStep, state.evaluationsWithoutGain) = (mean, state.step, 0)
            if best == nil { best = try FloatBuffer(optimizer.parameters.count) }
            best?.pointer.update(from: optimizer.parameters.values.pointer, count: optimizer.parameters.count)
        } else {
            state.evaluationsWithoutGain += 1
        }
        report(
            .validation(ValidationReport(step: state.step, loss: mean, tokenAccuracy: correct / weight, best: isBest)))
    }

    private func checkpoint(_ state: Checkpoint) throws {
        try state.write(to: folder, fingerprint: fingerprint, optimizer: optimizer, best: best)
        report(.checkpoint(state.step))
    }

    private func interrupted(_ state: Checkpoint) throws -> Outcome {
        try checkpoint(state)
        return .interrupted(step: state.step)
    }

    private func result(_ state: Checkpoint, paused: Bool) -> TrainingResult {
        TrainingResult(
            adapter: AdapterReference(path: "", sha256: ""), steps: state.step,
            bestStep: validation.isEmpty ? state.step : state.bestStep,
            finalLoss: state.lastLoss, validationLoss: state.bestLoss, startValidationLoss: state.startLoss,
            seconds: state.seconds,
            tokens: state.tokens, labelTokens: state.labelTokens,
            tokensPerSecond: Double(state.tokens) / max(1e-9, state.seconds),
            peakMemoryBytes: MemoryUse.peakBytes(), paused: paused, machine: MemoryUse.machine(threads: team.threads))
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let d = start.duration(to: .now).components
        return Double(d.seconds) + Double(d.attoseconds) * 1e-18
    }
}
