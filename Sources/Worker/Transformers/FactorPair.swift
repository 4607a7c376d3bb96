/// The low-rank factors of one matrix of a file: A [rank × in] and B [out × rank].
struct FactorPair {
    let role: TensorLayout.Role
    let rank: Int
    let inner: Int
    let outer: Int
    let a: [Float]
    let b: [Float]

    /// The factors of every matrix of `layout` that the adapter covers, in the order of layers. Those of a fused matrix
    /// are blocks: each part has the adapter's rank in columns of its own, all zero where it was not trained.
    static func all(_ adapter: Adapter, of model: Model, _ layout: TensorLayout) -> [FactorPair] {
        let rank = adapter.layout.rank
        var pairs: [FactorPair] = []
        var fused: [TensorLayout.Role: [AdapterLayout.Place]] = [:]
        let order = HeadOrder(model.configuration, layout)
        for place in adapter.places {
            let role = layout.role(of: place.projection, layer: place.layer)
            if case .fused = role {
                fused[role, default: []].append(place)
            } else {
                var (a, b) = (adapter.a(place), adapter.b(place))
                if let order { (a, b) = order.factors(place.projection, a: a, b: b, rank: rank) }
                pairs.append(
                    FactorPair(role: role, rank: rank, inner: place.inner, outer: place.outer, a: a, b: b))
            }
        }
        for layer in model.weights.layers.indices {
            for index in layout.fused.indices {
                let role = TensorLayout.Role.fused(layer: layer, index)
                guard let places = fused[role] else { continue }
                pairs.append(joined(adapter, places, role, layout.fused[index], model.weights.layers[layer]))
            }
        }
        return pairs
    }

    private static func joined(
        _ adapter: Adapter, _ places: [AdapterLayout.Place], _ role: TensorLayout.Role, _ fused: FusedMatrix,
        _ weights: LayerWeights
    ) -> FactorPair {
        let r = adapter.layout.rank
        let rank = r * fused.parts.count
        let outers = fused.parts.map { weights[$0]?.out ?? 0 }
        let inner = places.first?.inner ?? 0
        var a = [Float](repeating: 0, count: rank * inner)
        var b = [Float](repeating: 0, count: outers.reduce(0, +) * rank)
        var first = 0
        for (block, (projection, outer)) in zip(fused.parts, outers).enumerated() {
            defer { first += outer }
            guard let place = places.first(where: { $0.projection == projection }) else { continue }
            a.replaceSubrange(block * r * inner..<(block + 1) * r * inner, with: adapter.a(place))
            for (index, value) in adapter.b(place).enumerated() {
                b[(first + index / r) * rank + block * r + index % r] = value
            }
        }
        return FactorPair(role: role, rank: rank, inner: inner, outer: outers.reduce(0, +), a: a, b: b)
    }
}
