import CKernels
import Tensors

extension Transformer {
    /// Middle residual: xm = x + [postnorm] (attention(norm(x)) · Woᵀ).
    ///
    /// `attend` fills ``Activations/Slot/attention`` from the rotated queries and keys of the tokens at `positions`.
    func attentionForward(_ layer: Int, _ positions: [Int32], _ kept: Activations.Slot, attend: () -> Void) {
        let c = configuration
        let t = positions.count
        let d = c.width
        let weights = model.weights.layers[layer]
        let ld = activations.qkvWidth
        let x = activations.normed
        normalise(weights.attentionNorm, kept.input, x, kept.statistics, tokens: t)
        let keys = kept.qkv + c.queryWidth(layer)
        // A projection of queries and gates gives them by turns.
        let (queries, ldq) = c.gatedQueries ? (activations.own, 2 * c.queryWidth) : (kept.qkv, ld)
        project(
            layer,
            [(.q, queries, ldq), (.k, keys, ld), (.v, keys + c.keyWidth(layer), ld)].filter { c.has($0.0, in: layer) },
            x: x, ldx: d, kept.low, tokens: t)
        if c.gatedQueries { movePairs(kept.qkv, isApart: false, tokens: t) }
        if c.keeps(layer), c.takesValuesOfKeys(layer) { copyKeysToValues(layer, keys, tokens: t) }
        if c.headNorms { normaliseHeads(layer, kept, tokens: t) }
        rotate(layer, positions, kept.qkv, ld: ld, direction: 1)
        attend()
        addMixed(layer, .o, gated(kept, tokens: t), ldx: c.queryWidth(layer), kept, tokens: t)
    }

    /// Middle residual: xm = x + [postnorm] (mixed · Wᵀ).
    func addMixed(
        _ layer: Int, _ projection: Projection, _ mixed: UnsafePointer<Float>, ldx: Int, _ kept: Activations.Slot,
        tokens t: Int
    ) {
        let c = configuration
        let d = c.width
        let weights = model.weights.layers[layer]
        if let noise, noise.dropout > 0 {
            let post = c.postNorms ? weights.postAttentionNorm : nil
            let branch = post == nil ? activations.dropped : kept.preAttentionPost
            project(layer, [(projection, branch, d)], x: mixed, ldx: ldx, kept.low, tokens: t)
            addDropped(
                post, branch, to: kept.input, into: kept.middle, TrainingNoise.Stream.attentionResidual(layer),
                noise.dropout, tokens: t)
        } else if c.postNorms, let post = weights.postAttentionNorm {
            project(layer, [(projection, kept.preAttentionPost, d)], x: mixed, ldx: ldx, kept.low, tokens: t)
            addNormalised(post, kept.preAttentionPost, to: kept.input, into: kept.middle, tokens: t)
        } else {
            addProjected(
                layer, projection, x: mixed, ldx: ldx, kept.low, to: kept.input, into: kept.middle, tokens: t)
        }
    }

    func attentionBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer, needsInput: Bool
    ) {
        let c = configuration
        let t = tree.tokens.count
        let a = activations
        mixedBackward(layer, .o, gated(kept, tokens: t), ldx: c.queryWidth(layer), kept, gradients, tokens: t)
        if c.gatedQueries { gateBackward(kept, tokens: t) }
        attendBackward(layer, tree, kept)
        rotate(layer, tree.positions, a.dqkv, ld: a.qkvWidth, direction: -1)
        if c.headNorms {
            headNormGradients(layer, kept, gradients, tokens: t)
            headNormsBackward(layer, kept, tokens: t)
        }
        let keys = a.dqkv + c.queryWidth(layer)
        let values = keys + c.keyWidth(layer)
        if c.keeps(layer), c.takesValuesOfKeys(layer) {
            team.rows(t, grain: 8) { rows, _ in
                for token in rows {
                    let at = token * a.qkvWidth
                    ck_add_scaled(Int64(c.keyWidth(layer)), 1, values + at, keys + at)
                }
            }
        }
        if c.gatedQueries { movePairs(a.dqkv, isApart: true, tokens: t) }
        let parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] = [
            c.gatedQueries ? (.q, a.dOwn, 2 * c.queryWidth) : (.q, a.dqkv, a.qkvWidth),
            (.k, keys, a.qkvWidth), (.v, values, a.qkvWidth),
        ]
        mixingBackward(
            layer, parts.filter { c.has($0.0, in: layer) }, kept, gradients, tokens: t, needsInput: needsInput)
    }

    /// Values are keys as they were projected, in layers that have no projection of their own for them.
    private func copyKeysToValues(_ layer: Int, _ keys: UnsafeMutablePointer<Float>, tokens: Int) {
        let width = configuration.keyWidth(layer)
        let ld = activations.qkvWidth
        team.rows(tokens, grain: 8) { rows, _ in
            for token in rows { (keys + token * ld + width).update(from: keys + token * ld, count: width) }
        }
    }

    /// The gradient of what attention or a convolution mixed, in ``Activations/dAttention``, and those of its last
    /// projection.
    func mixedBackward(
        _ layer: Int, _ projection: Projection, _ mixed: UnsafePointer<Float>, ldx: Int, _ kept: Activations.Slot,
        _ gradients: FloatBuffer, tokens t: Int
    ) {
        let d = configuration.width
        let branch = throughResidualScale(
            throughDropout(activations.dx, TrainingNoise.Stream.attentionResidual(layer), tokens: t), tokens: t)
        let dy = throughPostNorm(
            model.weights.layers[layer].postAttentionNorm, kept.preAttentionPost, branch,
            self.weights?.place(layer, .postAttention), gradients, tokens: t)
        parameterBackward(layer, [(projection, dy, d)], x: mixed, ldx: ldx, kept.low, gradients, tokens: t)
        inputGradient(layer, [(projection, dy, d)], into: activations.dAttention, ld: ldx, tokens: t)
    }

    /// The gradients of the projections that attention or a convolution mixes, of the norm before them, and of the
    /// layer's input.
    func mixingBackward(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], _ kept: Activations.Slot,
        _ gradients: FloatBuffer, tokens t: Int, needsInput: Bool
    ) {
        let d = configuration.width
        let a = activations
        let weights = model.weights.layers[layer]
        normalise(weights.attentionNorm, kept.input, a.normed, kept.statistics, tokens: t)
        parameterBackward(layer, parts, x: a.normed, ldx: d, kept.low, gradients, tokens: t, needsInput: needsInput)
        // The norm before the lowest trained projections is trained with them.
        guard needsInput || self.weights != nil else { return }
        inputGradient(layer, parts, into: a.dNormed, ld: d, tokens: t)
        normGradient(
            self.weights?.place(layer, .attention), kept.input, kept.statistics, a.dNormed, gradients, tokens: t)
        guard needsInput else { return }
        normBackward(weights.attentionNorm, kept.input, kept.statistics, dy: a.dNormed, dx: a.dx, tokens: t)
    }

    /// Rotates queries and keys by their positions, or back.
    func rotate(_ layer: Int, _ positions: [Int32], _ qkv: UnsafeMutablePointer<Float>, ld: Int, direction: Float) {
        let c = configuration
        guard c.rotates(layer), let table = c.slides(layer) ? tables.sliding ?? tables.full : tables.full else {
            return
        }
        team.rows(positions.count, grain: 8) { rows, _ in
            positions.withUnsafeBufferPointer { positions in
                guard let base = positions.baseAddress else { return }
                ck_rope(
                    Int64(rows.count), Int64(c.heads + (c.keeps(layer) ? c.kvHeads(layer) : 0)),
                    Int64(c.headSize(layer)),
                    Int64(table.rotated),
                    qkv + rows.lowerBound * ld, Int64(ld), base + rows.lowerBound, table.cosine, table.sine, direction)
            }
        }
    }

    /// What the attention kernel needs to know of one head of one tree.
    func head(
        _ layer: Int, _ tree: TokenTree, _ nodes: UnsafePointer<ck_node>, _ range: Range<Int>, _ kept: Activations.Slot,
        _ head: Int
    ) -> ck_head {
        let c = configuration
        let size = c.headSize(layer)
        let column = head / (c.heads / c.kvHeads(layer)) * size
        let keys = c.shares(layer) ? sharedKeys(layer) : kept.qkv + c.queryWidth(layer)
        return ck_head(
            nodes: nodes + range.lowerBound, node_count: Int64(range.count), head: Int64(size), scale: c.scoreScale,
            window: c.slides(layer) ? Int64(c.window) : 0, q: kept.qkv + head * size, k: keys + column,
            v: keys + c.keyWidth(layer) + column, ldq: Int64(activations.qkvWidth),
            ldkv: Int64(c.shares(layer) ? 2 * c.keyWidth(layer) : activations.qkvWidth), dropout: noise?.dropout ?? 0,
            keys: noiseKeys.map { UnsafePointer($0) }, stream: TrainingNoise.Stream.head(layer, head))
    }

    /// attention [T × heads·headSize] of every head of every tree.
    func attend(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        let c = configuration
        if c.isShared(layer) { share(layer, kept, tokens: tree.tokens.count) }
        let (size, width) = (c.headSize(layer), c.queryWidth(layer))
        tree.nodes.withUnsafeBufferPointer { nodes in
            guard let base = nodes.baseAddress else { return }
            team.run(tree.trees.count * c.heads) { task, thread in
                let index = task % c.heads
                var head = self.head(layer, tree, base, tree.trees[task / c.heads].nodes, kept, index)
                ck_attention_forward(
                    &head, kept.attention + index * size, Int64(width), kept.logSumExp + index, Int64(c.heads),
                    self.attentionScratch[thread].pointer)
            }
        }
    }

    /// Gradients of rotated q, k, v from the gradient of the attention's output; those of another layer's keys and
    /// values are added up until that layer's turn comes.
    private func attendBackward(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        let c = configuration
        let a = activations
        let t = tree.tokens.count
        let (size, width) = (c.headSize(layer), c.queryWidth(layer))
        // Every query head has its own gradient of keys and values; those of a group are summed afterwards, in order.
        team.rows(t, grain: 8) { rows, _ in
            (a.dKeys + rows.lowerBound * width).update(repeating: 0, count: rows.count * width)
            (a.dValues + rows.lowerBound * width).update(repeating: 0, count: rows.count * width)
        }
        tree.nodes.withUnsafeBufferPointer { nodes in
            guard let base = nodes.baseAddress else { return }
            team.run(tree.trees.count * c.heads) { task, thread in
                let index = task % c.heads
                var head = self.head(layer, tree, base, tree.trees[task / c.heads].nodes, kept, index)
                let column = index * size
                ck_attention_backward(
                    &head, kept.attention + column, Int64(width), kept.logSumExp + index, Int64(c.heads),
                    a.dAttention + column,
                    Int64(width), a.dqkv + column, Int64(a.qkvWidth), a.dKeys + column, a.dValues + column,
                    Int64(width),
                    self.attentionScratch[thread].pointer)
            }
        }
        let keys = c.keyWidth(layer)
        if c.shares(layer) {
            let shared = a.dShared + a.sharedOffset(layer)
            sumGroups(layer, tokens: t, into: shared, ld: 2 * keys, adds: true)
        } else {
            let own = a.dqkv + width
            sumGroups(layer, tokens: t, into: own, ld: a.qkvWidth, adds: false)
            guard c.isShared(layer) else { return }
            let shared = a.dShared + a.sharedOffset(layer)
            team.rows(t, grain: 8) { rows, _ in
                for token in rows {
                    ck_add_scaled(Int64(2 * keys), 1, shared + token * 2 * keys, own + token * a.qkvWidth)
                }
            }
        }
    }

    /// The gradients of keys and values from those that each query head has of its own.
    private func sumGroups(_ layer: Int, tokens: Int, into: UnsafeMutablePointer<Float>, ld: Int, adds: Bool) {
        let c = configuration
        let (size, width, heads) = (c.headSize(layer), c.queryWidth(layer), c.kvHeads(layer))
        let group = c.heads / heads
        let sources = [(activations.dKeys, 0), (activations.dValues, c.keyWidth(layer))]
        team.rows(tokens, grain: 8) { rows, _ in
            for token in rows {
                for (source, offset) in sources {
                    for kv in 0..<heads {
                        let out = into + token * ld + offset + kv * size
                        let first = source + token * width + kv * group * size
                        if adds {
                            ck_add_scaled(Int64(size), 1, first, out)
                        } else {
                            out.update(from: first, count: size)
                        }
                        for member in 1..<max(1, group) {
                            ck_add_scaled(Int64(size), 1, first + member * size, out)
                        }
                    }
                }
            }
        }
    }
}

/// Keys and values that later layers attend to.
extension Transformer {
    /// Those of the kind of `layer`: [T × keys, then values].
    private func sharedKeys(_ layer: Int) -> UnsafeMutablePointer<Float> {
        activations.shared + activations.sharedOffset(layer)
    }

    /// Keeps those of `layer`, whose own place may be another layer's before the last that attends to them.
    private func share(_ layer: Int, _ kept: Activations.Slot, tokens: Int) {
        let width = configuration.keptWidth(layer)
        let own = kept.qkv + configuration.queryWidth(layer)
        let ld = activations.qkvWidth
        let shared = sharedKeys(layer)
        team.rows(tokens, grain: 8) { rows, _ in
            for token in rows { (shared + token * width).update(from: own + token * ld, count: width) }
        }
    }

    /// Before the backward pass: nothing has been added up.
    func clearShared(tokens: Int) {
        let c = configuration
        guard c.sharedLayers > 0 else { return }
        for layer in 0..<c.layers where c.isShared(layer) {
            (activations.dShared + activations.sharedOffset(layer)).update(
                repeating: 0, count: tokens * c.keptWidth(layer))
        }
    }
}
