import Foundation
import Nouns
import Tensors
import Testing
import Transformers

@testable import Training

/// The losses of pairs by themselves, without any file.
struct PreferenceGradientTests {
    /// Pairs that share their prompts with each other too, and rows of the other kind.
    static func examples(_ count: Int, seed: UInt64 = 9) -> [TrainingExample] {
        var random = TinyModel.Source(seed: seed)
        let prompts = [random.ids(14), random.ids(17)]
        return (0..<count).map { index in
            let prompt = prompts[index % 2] + random.ids(index % 3)
            let common = random.ids(index % 2 * 9)
            func answer(_ length: Int) -> TokenSequence {
                let ids = common + random.ids(length)
                return TokenSequence(ids: prompt + ids, weights: prompt.map { _ in 0 } + ids.map { _ in 1 })
            }
            if index % 4 == 3 { return .answer(answer(4)) }
            return .pair(PreferencePair(chosen: answer(3 + index % 4), rejected: answer(2 + index % 5)))
        }
    }

    struct Bench {
        let adapter: Adapter
        let transformer: Transformer
        let examples: [TrainingExample]
        let reference: [PreferenceReference.Scores]

        init(family: ModelConfiguration.Family? = nil, _ examples: [TrainingExample]) throws {
            let model = try family.map { try TinyModel.make($0) } ?? TinyModel.make()
            adapter = try TinyModel.adapter(model)
            transformer = try Transformer(model, adapter: adapter, team: ThreadTeam(threads: 2), training: true)
            self.examples = examples
            // A reference that is not the present model, so that no loss is at its start.
            reference = examples.indices.map { .init(chosen: Float(-9 - $0), rejected: Float(-11 + $0)) }
        }

        func run(_ recipe: Recipe, memoryBytes: Int = 64 << 20, only: [Int]? = nil) throws -> (
            loss: Objective.Loss, gradients: FloatBuffer
        ) {
            let gradients = try FloatBuffer(adapter.count)
            let objective = Objective(recipe: recipe, transformer: transformer, memoryBytes: memoryBytes)
            let rows = (only ?? Array(examples.indices)).map { (examples[$0], reference[$0]) }
            return (try objective.gradients(rows, step: 0, into: gradients, heed: {}), gradients)
        }
    }

    static func recipe(_ loss: PreferenceRecipe.Loss, sft: Double = 0) -> Recipe {
        var recipe = Recipe()
        recipe.preferenceLoss = loss
        recipe.sftWeight = sft
        return recipe
    }

    @Test(arguments: PreferenceRecipe.Loss.allCases)
    func slopesEqualFiniteDifferences(kind: PreferenceRecipe.Loss) {
        let loss = PreferenceLoss(Self.recipe(kind))
        for (chosen, rejected) in [(-20.0, -22.0), (-40, -3), (-3, -60), (-500, -100)] {
            func value(_ dc: Double, _ dr: Double) -> PreferenceLoss.Value {
                loss.value(
                    chosen: .init(logProbability: chosen + dc, reference: -19, tokens: 4),
                    rejected: .init(logProbability: rejected + dr, reference: -21, tokens: 7))
            }
            let step = 1e-4
            let here = value(0, 0)
            let byChosen = (value(step, 0).loss - value(-step, 0).loss) / (2 * step)
            let byRejected = (value(0, step).loss - value(0, -step).loss) / (2 * step)
            #expect(abs(byChosen - here.chosenSlope) < 1e-6, "\(kind) at \(chosen), \(rejected)")
            #expect(abs(byRejected - here.rejectedSlope) < 1e-6, "\(kind) at \(chosen), \(rejected)")
            #expect(here.loss.isFinite && here.loss >= -1e-12 || kind == .robust)
        }
    }

    @Test(arguments: PreferenceRecipe.Loss.allCases)
    func adapterGradientsEqualFiniteDifferences(kind: PreferenceRecipe.Loss) throws {
        let bench = try Bench(Self.examples(7))
        let recipe = Self.recipe(kind, sft: 0.3)
        let gradients = try bench.run(recipe).gradients
        let adapter = bench.adapter
        let own = (0..<adapter.count).map { gradients.pointer[$0] }
        let norm = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let kept = (0..<adapter.count).map { adapter.values.pointer[$0] }
        let step = 2e-3
        func loss(_ sign: Double) throws -> Double {
            for index in 0..<adapter.count {
                adapter.values.pointer[index] = kept[index] + Float(sign * step * Double(own[index]) / norm)
            }
            return try bench.run(recipe).loss.value
        }
        let slope = (try loss(1) - loss(-1)) / (2 * step)
        #expect(norm > 0.01)
        #expect(abs(slope / norm - 1) < 0.02, "\(kind): \(slope) for \(norm)")
    }

    /// The prompt is computed once, which must change neither loss nor gradient.
    @Test(arguments: ModelConfiguration.Family.allCases)
    func sharedPromptsAndSplittingChangeNothing(family: ModelConfiguration.Family) throws {
        let bench = try Bench(family: family, Self.examples(8))
        let recipe = Self.recipe(.sigmoid, sft: 0.2)
        let together = try bench.run(recipe)
        let split = try bench.run(recipe, memoryBytes: 1)
        #expect(abs(together.loss.value - split.loss.value) < 1e-5)
        // Each answer alone, weighed by the slopes that the pairs have.
        let apart = try FloatBuffer(bench.adapter.count)
        let loss = PreferenceLoss(recipe)
        let pairs = bench.examples.indices.compactMap { index in bench.examples[index].pair.map { (index, $0) } }
        let chosenTokens = pairs.reduce(0) { $0 + $1.1.chosen.labels }
        let rows = Double(bench.examples.count)
        for (index, pair) in pairs {
            func sum(_ sequence: TokenSequence) throws -> Double {
                try bench.transformer.score(TokenTree([sequence])).reduce(0) { $0 - Double($1.loss) }
            }
            let value = loss.value(
                chosen: .init(
                    logProbability: try sum(pair.chosen), reference: Double(bench.reference[index].chosen),
                    tokens: pair.chosen.labels),
                rejected: .init(
                    logProbability: try sum(pair.rejected), reference: Double(bench.reference[index].rejected),
                    tokens: pair.rejected.labels))
            let imitation = recipe.sftWeight * Double(pairs.count) / rows / Double(chosenTokens)
            for (sequence, factor) in [
                (pair.chosen, imitation - value.chosenSlope / rows), (pair.rejected, -value.rejectedSlope / rows),
            ] {
                _ = try bench.transformer.train(TokenTree([sequence]), scale: Float(factor), into: apart)
            }
        }
        let answers = bench.examples.compactMap { if case .answer(let sequence) = $0 { sequence } else { nil } }
        let labels = Float(answers.reduce(0) { $0 + $1.labels })
        let share = Float(answers.count) / Float(rows)
        for sequence in answers {
            _ = try bench.transformer.train(TokenTree([sequence]), scale: share / labels, into: apart)
        }
        for index in 0..<bench.adapter.count {
            let (a, b, c) = (together.gradients.pointer[index], split.gradients.pointer[index], apart.pointer[index])
            #expect(abs(a - b) < 1e-5 + 1e-3 * abs(a) && abs(a - c) < 1e-5 + 1e-3 * abs(a), "\(index): \(a) \(b) \(c)")
        }
        // Half of the tokens and more are the prompts', which stand once in the stream.
        let batches = MicroBatches.make(pairs.map(\.1), budget: 1 << 16)
        let all = pairs.reduce(0) { $0 + $1.1.chosen.ids.count + $1.1.rejected.ids.count }
        #expect(batches.count == 1 && batches[0].tree.tokens.count * 2 < all)
    }

    /// A hinge that is satisfied has no gradient at all, and none is made up.
    @Test func aSatisfiedHingeTeachesNothing() throws {
        var bench = try Bench(Self.examples(3))
        bench = try Bench(Array(bench.examples.prefix(3)))
        var recipe = Self.recipe(.hinge)
        recipe.beta = 2
        let objective = Objective(recipe: recipe, transformer: bench.transformer, memoryBytes: 1 << 20)
        let gradients = try FloatBuffer(bench.adapter.count)
        let rows: [Objective.Row] = bench.examples.map { ($0, .init(chosen: -1000, rejected: 1000)) }
        let loss = try objective.gradients(rows, step: 0, into: gradients, heed: {})
        #expect(loss.value == 0 && loss.preference?.accuracy == 1)
        #expect((0..<bench.adapter.count).allSatisfy { gradients.pointer[$0] == 0 })
    }

    /// Rows of both kinds: each kind's own loss, by the share of its rows.
    @Test func aStepIsTheMeanOfBothKindsByTheirRows() throws {
        let bench = try Bench(Self.examples(8))
        let recipe = Self.recipe(.sigmoid)
        let kinds = bench.examples.indices.partitioned { bench.examples[$0].pair != nil }
        let all = try bench.run(recipe).loss
        let pairs = try bench.run(recipe, only: kinds.yes).loss
        let answers = try bench.run(recipe, only: kinds.no).loss
        #expect(kinds.yes.count == 6 && kinds.no.count == 2 && answers.preference == nil)
        #expect(abs(all.value - (0.75 * pairs.value + 0.25 * answers.value)) < 1e-6)
        #expect(all.preference?.share == 0.75 && all.preference?.pairs == 6)
        #expect(abs((all.preference?.answerLoss ?? 0) - answers.value) < 1e-6)
    }

    /// Dropout and noise are for the other rows: pairs are computed without.
    @Test func pairsAreTrainedWithoutDropout() throws {
        let bench = try Bench(Self.examples(3))
        var recipe = Self.recipe(.sigmoid)
        let plain = try bench.run(recipe)
        (recipe.adapterDropout, recipe.dropout, recipe.neftuneAlpha) = (0.4, 0.4, 5)
        let noisy = try bench.run(recipe)
        #expect(plain.loss.value == noisy.loss.value)
        #expect((0..<bench.adapter.count).allSatisfy { plain.gradients.pointer[$0] == noisy.gradients.pointer[$0] })
    }
}

extension Range<Int> {
    fileprivate func partitioned(_ holds: (Int) -> Bool) -> (yes: [Int], no: [Int]) {
        (filter(holds), filter { !holds($0) })
    }
}
