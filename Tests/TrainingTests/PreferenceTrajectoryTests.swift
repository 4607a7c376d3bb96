import Foundation
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@testable import Training

/// Six steps of learning from pairs against TRL in float32: from a fresh adapter and from a trained one, whose frozen
/// copy is then the reference.
@Suite(.serialized)
struct PreferenceTrajectoryTests {
    /// The golden that was made elsewhere, whose numbers are rounded to six places.
    struct Fresh: Decodable {
        struct First: Decodable {
            let prompt_ids: [Int32], chosen_ids: [Int32], rejected_ids: [Int32]
            let chosen_logp: Double, rejected_logp: Double
        }
        struct After: Decodable {
            let chosen_logp: Double, rejected_logp: Double
            let losses: [String: Double]
        }
        let rows: [PreferenceGolden.Row]
        let steps: [PreferenceGolden.Step]
        let first_pairs: [First]
        let first_pairs_after: [After]
        let B_norms: [String: Double]
        let lr: Double
    }

    @Test(arguments: [0, 1])
    func aTinyModelEqualsTRL(run index: Int) throws {
        let golden = try PreferenceGolden.read("tiny-dpo")
        let run = golden.runs[index]
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/llama")))
        let adapter = try PreferenceGolden.adapter(model, size: run.start == "trained" ? run.B_size : 0)
        let follower = try Follower(model, adapter, golden.pairs, rate: run.lr, memoryBytes: 1)
        try expect(follower.before, run.before)
        try follower.follow(run.steps)
        try expect(follower.scores(), run.after)
        try expectNorms(adapter, model, run.B_norms)
        try expectLosses(follower, run)
    }

    @Test func aFreshAdapterHasTheBaseAsReference() throws {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/smollm2-dpo.json")))
        let golden = try JSONDecoder().decode(Fresh.self, from: data)
        let path = try TestSupport.model("SmolLM2-135M-Instruct.Q4_1.gguf")
        let model = try Model(gguf: GGUFFile(path: path))
        let pairs = try Self.pairs(golden.rows, path)
        for (pair, first) in zip(pairs, golden.first_pairs) {
            #expect(pair.chosen.ids == first.prompt_ids + first.chosen_ids)
            #expect(pair.rejected.ids == first.prompt_ids + first.rejected_ids)
            #expect(pair.chosen.labels == first.chosen_ids.count && pair.rejected.labels == first.rejected_ids.count)
        }
        let adapter = try PreferenceGolden.adapter(model, size: 0)
        let follower = try Follower(model, adapter, pairs, rate: golden.lr)
        try expect(
            follower.before, golden.first_pairs.map { .init(chosen: $0.chosen_logp, rejected: $0.rejected_logp) })
        try follower.follow(golden.steps)
        try expect(
            follower.scores(),
            golden.first_pairs_after.map { .init(chosen: $0.chosen_logp, rejected: $0.rejected_logp) })
        try expectNorms(adapter, model, golden.B_norms)
        // Each loss, from the golden's own log-probabilities.
        for (index, after) in golden.first_pairs_after.enumerated() {
            let first = golden.first_pairs[index]
            for (name, want) in after.losses {
                guard let recipe = Self.recipe(of: name) else { continue }
                let found = PreferenceLoss(recipe).value(
                    chosen: .init(
                        logProbability: after.chosen_logp, reference: first.chosen_logp,
                        tokens: first.chosen_ids.count),
                    rejected: .init(
                        logProbability: after.rejected_logp, reference: first.rejected_logp,
                        tokens: first.rejected_ids.count))
                #expect(abs(found.loss - want) < 2e-6 * max(1, want), "\(name) of pair \(index)")
            }
        }
    }

    /// Here a reference that is the base by mistake shows in the first loss.
    @Test func aTrainedAdapterIsItsOwnReference() throws {
        let golden = try PreferenceGolden.read("smollm2-dpo-continued")
        let run = try #require(golden.runs.first)
        #expect(run.start == "trained" && run.B_size > 0)
        let path = try TestSupport.model("SmolLM2-135M-Instruct.Q4_1.gguf")
        let model = try Model(gguf: GGUFFile(path: path))
        let adapter = try PreferenceGolden.adapter(model, size: run.B_size)
        let follower = try Follower(model, adapter, Self.pairs(golden.rows, path), rate: run.lr)
        try expect(follower.before, run.before)
        try follower.follow(run.steps)
        try expect(follower.scores(), run.after)
        try expectNorms(adapter, model, run.B_norms)
        try expectLosses(follower, run)
    }

    // MARK: -

    private static func pairs(_ rows: [PreferenceGolden.Row], _ path: String) throws -> [PreferencePair] {
        let chosen = try GoldenRows.encode(rows.map { ($0.prompt ?? "", $0.chosen ?? "") }, gguf: path)
        let rejected = try GoldenRows.encode(rows.map { ($0.prompt ?? "", $0.rejected ?? "") }, gguf: path)
        return zip(chosen, rejected).map { PreferencePair(chosen: $0, rejected: $1) }
    }

    /// The recipe of a loss as the goldens name it: `ipo`, `robust(0.1)`; nil for those that are not ours.
    private static func recipe(of name: String) -> Recipe? {
        let parts = name.split(separator: "(")
        guard let kind = PreferenceRecipe.Loss(rawValue: String(parts[0])) else { return nil }
        var recipe = Recipe()
        recipe.preferenceLoss = kind
        if parts.count == 2, let smoothing = Double(parts[1].dropLast()) { recipe.preferenceSmoothing = smoothing }
        return recipe
    }

    private func expect(_ found: [PreferenceReference.Scores], _ want: [PreferenceGolden.Scores]) throws {
        for (found, want) in zip(found, want) {
            #expect(abs(Double(found.chosen) / want.chosen - 1) < 1e-4)
            #expect(abs(Double(found.rejected) / want.rejected - 1) < 1e-4)
        }
    }

    private func expectNorms(_ adapter: Adapter, _ model: Model, _ norms: [String: Double]) throws {
        for place in adapter.places {
            let layout = model.configuration.family.facts.huggingFace
            let path = try #require(layout.name(.projection(layer: place.layer, place.projection)))
            let norm = adapter.b(place).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            let want = try #require(norms[path + ".lora_B.weight"])
            #expect(abs(norm / want - 1) < 0.01, "‖B‖ of \(path): \(norm) for \(want)")
        }
    }

    /// Every kind of loss where the six steps ended: each pair's within 1e-6 from TRL's log-probabilities, and the norm
    /// of the whole gradient.
    private func expectLosses(_ follower: Follower, _ run: PreferenceGolden.Trained) throws {
        for (name, want) in run.losses_after {
            let recipe = try #require(Self.recipe(of: name))
            for (index, loss) in want.each.enumerated() {
                let pair = follower.pairs[index]
                let found = PreferenceLoss(recipe).value(
                    chosen: .init(
                        logProbability: run.after[index].chosen, reference: run.before[index].chosen,
                        tokens: pair.chosen.labels),
                    rejected: .init(
                        logProbability: run.after[index].rejected, reference: run.before[index].rejected,
                        tokens: pair.rejected.labels))
                // TRL sums log-probabilities in float32, so that they are known to some 1e-7 of themselves.
                let rounding = 3e-8 * (abs(run.after[index].chosen) + abs(run.after[index].rejected))
                #expect(abs(found.loss - loss) < 1e-6 * max(1, loss) + rounding, "\(name) of pair \(index)")
            }
            let norm = try follower.gradient(recipe).norm
            #expect(abs(norm / want.grad_norm - 1) < 0.01, "\(name): a norm of \(norm) for \(want.grad_norm)")
        }
        var recipe = Recipe()
        recipe.sftWeight = 0.5
        let (loss, norm) = try follower.gradient(recipe)
        let want = run.sigmoid_and_half_sft
        #expect(abs(loss - want.loss) < 1e-3, "with cross-entropy besides: \(loss) for \(want.loss)")
        #expect(abs(norm / want.grad_norm - 1) < 0.01)
    }
}

/// Takes a golden's steps, four pairs each.
struct Follower {
    let pairs: [PreferencePair]
    let rate: Double
    let optimizer: Optimizer
    let objective: Objective
    let reference: [PreferenceReference.Scores]

    init(_ model: Model, _ adapter: Adapter, _ pairs: [PreferencePair], rate: Double, memoryBytes: Int = 256 << 20)
        throws
    {
        self.pairs = pairs
        self.rate = rate
        let team = ThreadTeam(threads: 2)
        let recipe = PreferenceGolden.recipe(rate: rate)
        let transformer = try adapter.transformer(model, team: team)
        optimizer = try Optimizer(adapter, recipe: recipe, team: team)
        objective = Objective(recipe: recipe, transformer: transformer, memoryBytes: memoryBytes)
        reference = try objective.reference(pairs.map { .pair($0) }, heed: {}) { _ in }
    }

    /// The first four pairs before the first step.
    var before: [PreferenceReference.Scores] { Array(reference.prefix(4)) }

    /// The first four pairs now.
    func scores() throws -> [PreferenceReference.Scores] {
        try objective.reference(pairs.prefix(4).map { .pair($0) }, heed: {}) { _ in }
    }

    func follow(_ steps: [PreferenceGolden.Step]) throws {
        for (index, step) in steps.enumerated() {
            let rows = index * 4..<index * 4 + 4
            optimizer.clearGradients()
            let loss = try objective.gradients(
                rows.map { (.pair(pairs[$0]), reference[$0]) }, step: index, into: optimizer.gradients, heed: {})
            let norm = optimizer.gradientNorm()
            if index == 0 { #expect(abs(loss.value - log(2)) < 1e-5, "the first loss is \(loss.value)") }
            #expect(abs(loss.value - step.loss) < 1e-3, "loss of step \(index): \(loss.value) for \(step.loss)")
            #expect(abs(norm / step.grad_norm - 1) < 0.01, "norm of step \(index): \(norm) for \(step.grad_norm)")
            let report = try #require(loss.preference)
            #expect(abs(report.chosenReward - step.chosenReward) < 1e-3)
            #expect(abs(report.rejectedReward - step.rejectedReward) < 1e-3)
            #expect(abs(report.chosenLogProbability / step.chosenLogProbability - 1) < 1e-3)
            #expect(abs(report.rejectedLogProbability / step.rejectedLogProbability - 1) < 1e-3)
            optimizer.update(step: index + 1, rate: rate, scale: min(1, 1 / (norm + 1e-6)))
        }
    }

    /// The loss of the first four pairs under another recipe, and the norm of its gradient.
    func gradient(_ recipe: Recipe) throws -> (loss: Double, norm: Double) {
        let other = Objective(recipe: recipe, transformer: objective.transformer, memoryBytes: 256 << 20)
        optimizer.clearGradients()
        let loss = try other.gradients(
            (0..<4).map { (.pair(pairs[$0]), reference[$0]) }, step: 0, into: optimizer.gradients, heed: {})
        return (loss.value, optimizer.gradientNorm())
    }
}
