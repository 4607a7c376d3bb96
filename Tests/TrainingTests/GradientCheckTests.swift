import Tensors
import Testing
import Transformers

@testable import Training

/// Every gradient against finite differences, for each family, with and without the randomness of training.
struct GradientCheckTests {
    static let noise = TrainingNoise(adapterDropout: 0.3, dropout: 0.2, neftuneAlpha: 5, seed: 3, step: 4)

    /// The loss that training minimises, in double precision, and the gradients of the adapter.
    func run(_ transformer: Transformer, _ tree: TokenTree, _ adapter: Adapter, noise: TrainingNoise?) throws -> (
        Double, FloatBuffer
    ) {
        let gradients = try FloatBuffer(adapter.count)
        let sites = try transformer.train(tree, scale: 1, smoothing: 0.1, noise: noise, into: gradients)
        return (zip(tree.labels, sites).reduce(0) { $0 + Double($1.0.weight) * Double($1.1.loss) }, gradients)
    }

    @Test(arguments: ModelConfiguration.Family.allCases, [false, true])
    func adapterGradientsEqualFiniteDifferences(family: ModelConfiguration.Family, noisy: Bool) throws {
        let model = try TinyModel.make(family)
        let adapter = try TinyModel.adapter(model)
        let team = ThreadTeam(threads: 2)
        let transformer = try Transformer(model, adapter: adapter, team: team, training: true)
        let noise = noisy ? Self.noise : nil
        let tree = TokenTree(TinyModel.sequences(5), sharing: !noisy)
        let gradients = try run(transformer, tree, adapter, noise: noise).1
        let rank = adapter.layout.rank
        for place in adapter.places {
            for (name, offset, count) in [("A", place.a, place.inner * rank), ("B", place.b, place.outer * rank)] {
                // Along its own gradient a factor's slope is the gradient's norm.
                let own = (0..<count).map { gradients.pointer[offset + $0] }
                let norm = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                let kept = (0..<count).map { adapter.values.pointer[offset + $0] }
                let step = 4e-3
                func loss(_ sign: Double) throws -> Double {
                    for index in 0..<count {
                        adapter.values.pointer[offset + index] =
                            kept[index] + Float(sign * step * Double(own[index]) / norm)
                    }
                    return try run(transformer, tree, adapter, noise: noise).0
                }
                let slope = (try loss(1) - loss(-1)) / (2 * step)
                for index in 0..<count { adapter.values.pointer[offset + index] = kept[index] }
                #expect(
                    abs(slope - norm) < 0.01 * norm + 2e-3,
                    "\(family) layer \(place.layer) \(place.projection) \(name): \(slope) for \(norm)")
            }
        }
    }

    @Test(arguments: ModelConfiguration.Family.allCases)
    func sharingPrefixesAndSplittingChangeNothing(family: ModelConfiguration.Family) throws {
        let model = try TinyModel.make(family)
        let adapter = try TinyModel.adapter(model)
        let transformer = try Transformer(model, adapter: adapter, team: ThreadTeam(threads: 2), training: true)
        let rows = TinyModel.sequences(9)
        func total(_ trees: [TokenTree]) throws -> (Double, [Float]) {
            let gradients = try FloatBuffer(adapter.count)
            var loss = 0.0
            for tree in trees {
                loss += try transformer.train(tree, scale: 0.1, into: gradients).reduce(0) { $0 + Double($1.loss) }
            }
            return (loss, (0..<adapter.count).map { gradients.pointer[$0] })
        }
        let apart = try total([TokenTree(rows, sharing: false)])
        for trees in [
            [TokenTree(rows)], MicroBatches.make(rows, budget: 40, sharing: true),
            MicroBatches.make(rows, budget: 17, sharing: false),
        ] {
            let other = try total(trees)
            #expect(abs(other.0 - apart.0) < 1e-4 * apart.0)
            let size = apart.1.reduce(0) { max($0, abs($1)) }
            #expect(zip(other.1, apart.1).allSatisfy { abs($0 - $1) < 1e-4 * size })
        }
    }

    @Test func noiseDoesNotDependOnPackingOrThreads() throws {
        let model = try TinyModel.make()
        let adapter = try TinyModel.adapter(model)
        let rows = TinyModel.sequences(7)
        func gradients(threads: Int, budget: Int) throws -> [Float] {
            let transformer = try Transformer(
                model, adapter: adapter, team: ThreadTeam(threads: threads), training: true)
            let gradients = try FloatBuffer(adapter.count)
            var noise = Self.noise
            for tree in MicroBatches.make(rows, budget: budget, sharing: false) {
                _ = try transformer.train(tree, scale: 0.1, noise: noise, into: gradients)
                noise.firstRow += tree.trees.count
            }
            return (0..<adapter.count).map { gradients.pointer[$0] }
        }
        let whole = try gradients(threads: 2, budget: 1000)
        let size = whole.reduce(0) { max($0, abs($1)) }
        for (threads, budget) in [(1, 1000), (2, 20), (3, 33)] {
            let other = try gradients(threads: threads, budget: budget)
            #expect(zip(other, whole).allSatisfy { abs($0 - $1) < 1e-4 * size })
        }
    }

    @Test func frozenLowerLayersChangeNothingAbove() throws {
        let model = try TinyModel.make()
        let all = try TinyModel.adapter(model)
        let top = try TinyModel.adapter(model, firstLayer: 2)
        // The same factors above, none below: then only the top layer's gradients are asked for, and they must agree.
        for place in all.places {
            if let other = top.place(place.layer, place.projection) {
                top.set(other, a: all.a(place), b: all.b(place))
            } else {
                all.set(place, a: all.a(place), b: [Float](repeating: 0, count: place.outer * 4))
            }
        }
        let tree = TokenTree(TinyModel.sequences(5))
        let team = ThreadTeam(threads: 2)
        let whole = try run(Transformer(model, adapter: all, team: team, training: true), tree, all, noise: nil).1
        let upper = try run(Transformer(model, adapter: top, team: team, training: true), tree, top, noise: nil).1
        for place in top.places {
            let other = try #require(all.place(place.layer, place.projection))
            for index in 0..<place.inner * 4 {
                #expect(abs(upper.pointer[place.a + index] - whole.pointer[other.a + index]) < 1e-4)
            }
            for index in 0..<place.outer * 4 {
                #expect(abs(upper.pointer[place.b + index] - whole.pointer[other.b + index]) < 1e-4)
            }
        }
    }
}
