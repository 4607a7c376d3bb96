import Tensors
import Testing

@testable import Training
@testable import Transformers

/// Every gradient of full fine-tuning against finite differences, for every kind of weight of each family.
struct WeightGradientTests {
    /// The loss that training minimises, in double precision, and the gradients of all weights.
    func run(_ weights: TrainableWeights, _ transformer: Transformer, _ tree: TokenTree, noise: TrainingNoise?) throws
        -> (Double, FloatBuffer)
    {
        let gradients = try FloatBuffer(weights.count)
        weights.publish(to: transformer)
        let sites = try transformer.train(tree, scale: 1, smoothing: 0.1, noise: noise, into: gradients)
        return (zip(tree.labels, sites).reduce(0) { $0 + Double($1.0.weight) * Double($1.1.loss) }, gradients)
    }

    @Test(arguments: ModelConfiguration.Family.allCases, [false, true])
    func everyGroupEqualsFiniteDifferences(family: ModelConfiguration.Family, noisy: Bool) throws {
        let model = try TinyModel.make(family)
        let weights = try TrainableWeights(model)
        let transformer = try weights.transformer(model, team: ThreadTeam(threads: 2))
        let noise = noisy ? TrainingNoise(adapterDropout: 0, dropout: 0.2, neftuneAlpha: 5, seed: 3, step: 4) : nil
        let tree = TokenTree(TinyModel.sequences(5), sharing: !noisy)
        let gradients = try run(weights, transformer, tree, noise: noise).1
        #expect(weights.groups.reduce(0) { $0 + $1.count } == weights.count)
        for group in weights.groups {
            // Along its own gradient a group's slope is the gradient's norm.
            let own = (0..<group.count).map { gradients.pointer[group.offset + $0] }
            let norm = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(norm > 0, "\(family) \(group)")
            let kept = (0..<group.count).map { weights.values.pointer[group.offset + $0] }
            func loss(_ step: Double) throws -> Double {
                for index in 0..<group.count {
                    weights.values.pointer[group.offset + index] =
                        kept[index] + Float(step * Double(own[index]) / max(norm, 1e-12))
                }
                return try run(weights, transformer, tree, noise: noise).0
            }
            func difference(_ step: Double) throws -> Double { (try loss(step) - loss(-step)) / (2 * step) }
            // Richardson's extrapolation: what the loss curves along a step of a large multiplier cancels out.
            let slope = (4 * (try difference(2e-3)) - (try difference(4e-3))) / 3
            for index in 0..<group.count { weights.values.pointer[group.offset + index] = kept[index] }
            #expect(abs(slope - norm) < 0.01 * norm + 4e-3, "\(family) \(group): \(slope) for \(norm)")
        }
    }

    @Test(arguments: ModelConfiguration.Family.allCases)
    func singleWeightsEqualFiniteDifferences(family: ModelConfiguration.Family) throws {
        // Along the gradient alone, two numbers that changed places would go unseen.
        let model = try TinyModel.make(family)
        let weights = try TrainableWeights(model)
        let transformer = try weights.transformer(model, team: ThreadTeam(threads: 2))
        let tree = TokenTree(TinyModel.sequences(5))
        let gradients = try run(weights, transformer, tree, noise: nil).1
        for group in weights.groups {
            let size = (0..<group.count).reduce(Float(0)) { max($0, abs(gradients.pointer[group.offset + $1])) }
            for place in [0, group.count / 3, group.count - 1] {
                let index = group.offset + place
                let kept = weights.values.pointer[index]
                let step: Float = 1e-2
                weights.values.pointer[index] = kept + step
                let up = try run(weights, transformer, tree, noise: nil).0
                weights.values.pointer[index] = kept - step
                let down = try run(weights, transformer, tree, noise: nil).0
                weights.values.pointer[index] = kept
                let slope = (up - down) / Double(2 * step)
                let gradient = Double(gradients.pointer[index])
                #expect(
                    abs(slope - gradient) < 0.02 * Double(size) + 5e-3,
                    "\(family) \(group) at \(place): \(slope) for \(gradient)")
            }
        }
    }

    @Test(arguments: ModelConfiguration.Family.allCases)
    func theLastLayersHaveTheGradientsThatTheyHaveAmongAll(family: ModelConfiguration.Family) throws {
        let model = try TinyModel.make(family)
        let tree = TokenTree(TinyModel.sequences(5))
        let team = ThreadTeam(threads: 2)
        let all = try TrainableWeights(model)
        let top = try TrainableWeights(model, firstLayer: 2)
        let whole = try run(all, try all.transformer(model, team: team), tree, noise: nil).1
        let upper = try run(top, try top.transformer(model, team: team), tree, noise: nil).1
        #expect(top.embedding == nil && top.head == nil && top.place(1, .q) == nil)
        func same(_ offset: Int, _ other: Int, _ count: Int) {
            for index in 0..<count { #expect(abs(upper.pointer[offset + index] - whole.pointer[other + index]) < 1e-4) }
        }
        for projection in Projection.allCases {
            guard let place = top.place(2, projection) else { continue }
            let other = try #require(all.place(2, projection))
            same(place.offset, other.offset, place.out * place.inner)
            if let bias = place.bias { same(bias, try #require(other.bias), place.out) }
        }
        for norm in BlockNorm.allCases {
            guard let place = top.place(2, norm) else { continue }
            same(place.offset, try #require(all.place(2, norm)).offset, place.count)
        }
        same(top.finalNorm.offset, all.finalNorm.offset, top.finalNorm.count)
    }

    @Test(arguments: ModelConfiguration.Family.allCases)
    func packingAndThreadsChangeNothing(family: ModelConfiguration.Family) throws {
        let model = try TinyModel.make(family)
        let weights = try TrainableWeights(model)
        let rows = TinyModel.sequences(9)
        func gradients(threads: Int, _ trees: [TokenTree]) throws -> [Float] {
            let transformer = try weights.transformer(model, team: ThreadTeam(threads: threads))
            let gradients = try FloatBuffer(weights.count)
            for tree in trees { _ = try transformer.train(tree, scale: 0.1, into: gradients) }
            return (0..<weights.count).map { gradients.pointer[$0] }
        }
        let apart = try gradients(threads: 1, [TokenTree(rows, sharing: false)])
        let size = apart.reduce(0) { max($0, abs($1)) }
        for trees in [
            [TokenTree(rows)], MicroBatches.make(rows, budget: 40, sharing: true),
            MicroBatches.make(rows, budget: 17, sharing: false),
        ] {
            let other = try gradients(threads: 3, trees)
            #expect(zip(other, apart).allSatisfy { abs($0 - $1) < 1e-4 * size })
        }
    }
}
