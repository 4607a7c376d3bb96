import Foundation
import Nouns
import Tensors
import Transformers

/// Sweeps the learning rate exponentially in one short run, and proposes a peak from the curve (Smith 2017; Howard &
/// Gugger 2020).
package struct RangeTest {
    /// Losses are averaged exponentially with this weight, corrected for their start, to see when to stop.
    private static let smoothing = 0.6
    /// The sweep ends where the smoothed loss has grown to this multiple of its best.
    private static let divergence = 3.0

    let model: Model
    let parameters: any Trainable
    let recipe: Recipe
    let train: [TrainingExample]
    let team: ThreadTeam
    let memoryBytes: Int

    package init(
        model: Model, parameters: any Trainable, recipe: Recipe, train: [TrainingExample], team: ThreadTeam,
        memoryBytes: Int
    ) {
        self.model = model
        self.parameters = parameters
        self.recipe = recipe
        self.train = train
        self.team = team
        self.memoryBytes = memoryBytes
    }

    /// Runs up to `steps` steps from `lowest` to `highest`.
    ///
    /// The parameters are used up. Throws a Failure where there is nothing to train on or the bounds are no range, and
    /// what `interruption`, asked before every micro-batch, throws.
    package func run(
        lowest: Double, highest: Double, steps: Int, report: (StepReport) -> Void, interruption: Interruption = {}
    ) throws -> RangeTestResult {
        guard lowest > 0, highest > lowest, highest.isFinite, steps >= 8 else {
            throw Failure(
                code: "recipe.range_test", "From \(lowest) to \(highest) in \(steps) steps is no range to sweep.",
                at: "range-test",
                remedy: "Use a lowest rate above 0, a higher highest one, and at least 8 steps.")
        }
        let rows = train.indices.filter { train[$0].labels > 0 }
        guard !rows.isEmpty else {
            throw Failure(
                code: "training.no_labels", "None of the \(train.count) rows has a token to learn from.",
                remedy: "Check the rows' completions, and that recipe.max_length does not cut them off.")
        }
        let transformer = try parameters.transformer(model, team: team)
        let optimizer = try Optimizer(parameters, recipe: recipe, team: team)
        let objective = Objective(recipe: recipe, transformer: transformer, memoryBytes: memoryBytes)
        let batches = (0..<steps).map { batch($0, rows) }
        let shown = Set(batches.flatMap { $0 }).sorted()
        let scores = try objective.reference(shown.map { train[$0] }, heed: interruption) { _ in }
        let reference = Dictionary(zip(shown, scores)) { first, _ in first }
        var curve: [(rate: Double, loss: Double)] = []
        var average = 0.0
        var best = Double.infinity
        let started = ContinuousClock.now
        var tokens = 0
        for step in 0..<steps {
            let rate = lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
            let batch = batches[step].map { train[$0] }
            optimizer.clearGradients()
            let found = try objective.gradients(
                batches[step].map { (train[$0], reference[$0] ?? .init(chosen: 0, rejected: 0)) }, step: step,
                into: optimizer.gradients, heed: interruption)
            let loss = found.value
            let norm = optimizer.gradientNorm()
            guard loss.isFinite, norm.isFinite else { break }
            average = Self.smoothing * average + (1 - Self.smoothing) * loss
            let smoothed = average / (1 - pow(Self.smoothing, Double(step + 1)))
            curve.append((rate, loss))
            best = min(best, smoothed)
            let clip = recipe.clipNorm > 0 ? min(1, recipe.clipNorm / (norm + 1e-6)) : 1
            optimizer.update(step: step + 1, rate: rate, scale: clip)
            parameters.publish(to: transformer)
            let stepTokens = batch.reduce(0) { $0 + $1.tokens }
            tokens += stepTokens
            let seconds = started.duration(to: .now) / .seconds(1)
            report(
                StepReport(
                    step: step + 1, steps: steps, epoch: 0, loss: loss, gradientNorm: norm, learningRate: rate,
                    tokens: stepTokens, labelTokens: batch.reduce(0) { $0 + $1.labels },
                    tokensPerSecond: Double(tokens) / max(1e-9, seconds), memoryBytes: MemoryUse.peakBytes(),
                    // At most: a loss that rises ends it sooner.
                    secondsLeft: seconds / Double(step + 1) * Double(steps - step - 1), preference: found.preference))
            if smoothed > Self.divergence * best { break }
        }
        var result = RangeTestRules.read(curve.map(\.rate), curve.map(\.loss), lowest: lowest)
        if 2 * rows.count(where: { train[$0].pair != nil }) > rows.count { result.ofPairs = true }
        return result
    }

    /// The rows of 0-based `step`, walking through one shuffle after another.
    private func batch(_ step: Int, _ rows: [Int]) -> [Int] {
        (0..<max(1, recipe.batchRows)).map { place in
            let position = step * max(1, recipe.batchRows) + place
            let order = TensorRandom(seed: recipe.seed, stream: 2 << 32 | UInt64(position / rows.count)).permutation(
                rows.count)
            return rows[order[position % rows.count]]
        }
    }
}
