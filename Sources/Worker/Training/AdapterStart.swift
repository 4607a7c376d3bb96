import Nouns
import Tensors
import Transformers

/// How a run's adapter begins.
package enum AdapterStart {
    /// The layout that a recipe asks for. Throws a Failure for unknown targets or impossible numbers.
    package static func layout(_ recipe: Recipe, for model: Model) throws -> AdapterLayout {
        guard (1...1024).contains(recipe.rank) else {
            throw Failure(
                code: "recipe.rank", "rank \(recipe.rank) is not in 1…1024.", at: "recipe.rank", remedy: "Use 4 to 128."
            )
        }
        var targets = try recipe.targets.map { name in
            guard Recipe.allTargets.contains(name),
                let projection = Projection.allCases.first(where: { $0.name == name })
            else {
                throw Failure(
                    code: "recipe.targets", "'\(name)' is not a linear layer.", at: "recipe.targets",
                    remedy: "Use any of \(Recipe.allTargets.joined(separator: ", ")).")
            }
            return projection
        }
        // A convolution's projections stand where attention's do: one in the place of q, k and v, one in that of o.
        if model.configuration.convolutions.contains(true) {
            if !Set(targets).isDisjoint(with: [.q, .k, .v]) { targets.append(.convIn) }
            if targets.contains(.o) { targets.append(.convOut) }
        }
        // A layer's own input passes a gate, and comes back into the stream: as in the feed-forward part.
        if model.configuration.perLayerWidth > 0 {
            if targets.contains(.gate) { targets.append(.perLayerGate) }
            if targets.contains(.down) { targets.append(.perLayerOut) }
        }
        // So do those of the gated delta rule: all that it is given in the place of q, k and v.
        if model.configuration.delta != nil {
            if !Set(targets).isDisjoint(with: [.q, .k, .v]) {
                targets += [.deltaIn, .deltaGate, .deltaRate, .deltaDecay]
            }
            if targets.contains(.o) { targets.append(.deltaOut) }
        }
        let scale = recipe.rsLoRA ? recipe.alpha / Double(recipe.rank).squareRoot() : recipe.alpha / Double(recipe.rank)
        return AdapterLayout(
            rank: recipe.rank, scale: Float(scale), targets: targets, firstLayer: try firstLayer(recipe, for: model))
    }

    /// The lowest layer that a recipe trains.
    package static func firstLayer(_ recipe: Recipe, for model: Model) throws -> Int {
        let layers = model.configuration.layers
        let last = recipe.lastLayers ?? layers
        guard last >= 1 else {
            throw Failure(
                code: "recipe.last_layers", "\(last) trained layers is less than one.", at: "recipe.last_layers",
                remedy: "Use 1 to \(layers).")
        }
        return max(0, layers - last)
    }

    /// A fresh adapter: A uniform in ±1/√in (PyTorch's Kaiming with a = √5, as peft starts), B zero.
    package static func fresh(_ recipe: Recipe, for model: Model) throws -> Adapter {
        let adapter = try Adapter(layout(recipe, for: model), for: model)
        for (index, place) in adapter.places.enumerated() {
            let random = TensorRandom(seed: recipe.seed, stream: UInt64(index))
            let bound = 1 / Float(place.inner).squareRoot()
            let rank = adapter.layout.rank
            for offset in 0..<rank * place.inner {
                adapter.values.pointer[place.a + offset] = (2 * random.uniform(UInt64(offset)) - 1) * bound
            }
        }
        return adapter
    }
}
