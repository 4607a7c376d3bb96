import Tensors

extension Model {
    /// Takes the tensors of a model of shape `c` from its file.
    init(_ c: ModelConfiguration, _ shelf: TensorShelf, parameters: Int, of tensors: [String: StoredTensor]) throws {
        let layout = shelf.layout
        let embedding = try shelf.matrix(shelf.root + layout.embedding, c.vocabulary, c.width)
        self.init(
            configuration: c,
            weights: ModelWeights(
                embedding: embedding,
                positions: try layout.positions.map { try shelf.matrix(shelf.root + $0, c.context, c.width) },
                layers: try (0..<c.layers).map { try shelf.block($0, c) },
                finalNorm: try shelf.norm(shelf.root + layout.finalNorm, c.width),
                head: c.tied ? embedding : try shelf.matrix(layout.head, c.vocabulary, c.width),
                parameters: parameters,
                quantisation: tensors.values.reduce(into: [:]) { $0[$1.type.label, default: 0] += 1 }))
        weights.perLayer = try shelf.perLayer(c)
    }
}

extension TensorShelf {
    /// Refuses tensors that would not be used: a file that holds more than the model holds another model.
    ///
    /// - Parameter isHarmless: whether a name that the family does not have may be passed over.
    func checkNames(_ names: some Sequence<String>, _ c: ModelConfiguration, isHarmless: (String) -> Bool) throws {
        for name in names where !isHarmless(name) && layout.scalarLayer(name).map({ $0 < c.layers }) != true {
            let found = layout.role(ofTensor: name)
            let isBias = found?.isBias ?? false
            let isUsed =
                switch found?.role {
                case nil: false
                case .embedding?, .positions?, .head?: !isBias
                case .finalNorm?: !isBias || c.normalisation == .layer
                case .projection(let layer, let projection)?:
                    layer < c.layers && (c.has(projection, in: layer) || c.isLeftOver(projection, in: layer))
                        && (!isBias || c.biased.contains(projection))
                case .fused(let layer, let index)?:
                    layer < c.layers && (!isBias || layout.fused[index].parts.allSatisfy(c.biased.contains))
                case .norm(let layer, let norm)?:
                    layer < c.layers && (c.has(norm, in: layer) || norm == .key && c.shares(layer))
                        && (!isBias || c.normalisation == .layer)
                case .perLayerEmbedding?, .perLayerProjection?, .perLayerNorm?: c.perLayerWidth > 0 && !isBias
                case .kernel(let layer)?: layer < c.layers && !c.attends(layer) && !isBias
                case .decayRate(let layer)?, .decayBias(let layer)?: layer < c.layers && c.recurs(layer)
                }
            guard !isUsed else { continue }
            throw ModelFailure(
                place: "\(file), \(name)",
                problem: "the engine has no use for this tensor in a \(c.family) model of \(c.layers) layers",
                remedy: "Choose another base model, or take the tensor out if it belongs to no part of the model.")
        }
    }
}

extension ModelConfiguration {
    /// Whether published files hold such a projection though nothing computes with it: keys and values of layers that
    /// attend to another's.
    fileprivate func isLeftOver(_ projection: Projection, in layer: Int) -> Bool {
        shares(layer) && (projection == .k || projection == .v)
    }
}
