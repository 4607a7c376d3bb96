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
        // A projection of queries and gates gives them by turns.
        let (queries, ldq) = c.gatedQueries ? (activations.own, 2 * c.queryWidth) : (kept.qkv, ld)
        project(
            layer,
            [(.q, queries, ldq), (.k, kept.qkv + c.queryWidth, ld), (.v, kept.qkv + c.queryWidth + c.keyWidth, ld)],
            x: x, ldx: d, kept.low, tokens: t)
        if c.gatedQueries { movePairs(kept.qkv, isApart: false, tokens: t) }
        if c.headNorms { normaliseHeads(weights, kept, tokens: t) }
        rotate(layer, positions, kept.qkv, ld: ld, direction: 1)
        attend()
        addMixed(layer, .o, gated(kept, tokens: t), ldx: c.queryWidth, kept, tokens: t)
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
        let weights = model.weights.layers[layer]
        mixedBackward(layer, .o, gated(kept, tokens: t), ldx: c.queryWidth, kept, gradients, tokens: t)
        if c.gatedQueries { gateBackward(kept, tokens: t) }
        attendBackward(layer, tree, kept)
        rotate(layer, tree.positions, a.dqkv, ld: a.qkvWidth, direction: -1)
        if c.headNorms {
            headNormGradients(layer, kept, gradients, tokens: t)
            headNormsBackward(weights, kept, tokens: t)
        }
        if c.gatedQueries { movePairs(a.dqkv, isApart: true, tokens: t) }
        let parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] = [
            c.gatedQueries ? (.q, a.dOwn, 2 * c.queryWidth) : (.q, a.dqkv, a.qkvWidth),
            (.k, a.dqkv + c.queryWidth, a.qkvWidth),
            (.v, a.dqkv + c.queryWidth + c.keyWidth, a.qkvWidth),
        ]
        mixingBackward(layer, parts, kept, gradients, tokens: t, needsInput: needsInput)
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
                    Int64(rows.count), Int64(c.heads + c.kvHeads), Int64(c.headSize), Int64(table.rotated),
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
        let group = head / (c.heads / c.kvHeads)
        let ld = Int64(activations.qkvWidth)
        return ck_head(
            nodes: nodes + range.lowerBound, node_count: Int64(range.count), head: Int64(c.headSize),
            scale: c.scoreScale,
            window: c.slides(layer) ? Int64(c.window) : 0, q: kept.qkv + head * c.headSize,
            k: kept.qkv + c.queryWidth + group * c.headSize,
            v: kept.qkv + c.queryWidth + c.keyWidth + group * c.headSize, ldq: ld,
            ldkv: ld, dropout: noise?.dropout ?? 0, keys: noiseKeys.map { UnsafePointer($0) },
            stream: TrainingNoise.Stream.head(layer, head))
    }

    /// attention [T × heads·headSize] of every head of every tree.
    func attend(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        let c = configuration
        tree.nodes.withUnsafeBufferPointer { nodes in
            guard let base = nodes.baseAddress else { return }
            team.run(tree.trees.count * c.heads) { task, thread in
                let index = task % c.heads
                var head = self.head(layer, tree, base, tree.trees[task / c.heads].nodes, kept, index)
                ck_attention_forward(
                    &head, kept.attention + index * c.headSize, Int64(c.queryWidth), kept.logSumExp + index,
                    Int64(c.heads),
                    self.attentionScratch[thread].pointer)
            }
        }
    }

    /// Gradients of rotated q, k, v from the gradient of the attention's output.
    private func attendBackward(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        let c = configuration
        let a = activations
        let t = tree.tokens.count
        let width = c.queryWidth
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
                let column = index * c.headSize
                ck_attention_backward(
                    &head, kept.attention + column, Int64(width), kept.logSumExp + index, Int64(c.heads),
                    a.dAttention + column,
                    Int64(width), a.dqkv + column, Int64(a.qkvWidth), a.dKeys + column, a.dValues + column,
                    Int64(width),
                    self.attentionScratch[thread].pointer)
            }
        }
        let group = c.heads / c.kvHeads
        team.rows(t, grain: 8) { rows, _ in
            for token in rows {
                for (source, offset) in [(a.dKeys, c.queryWidth), (a.dValues, c.queryWidth + c.keyWidth)] {
                    for kv in 0..<c.kvHeads {
                        let out = a.dqkv + token * a.qkvWidth + offset + kv * c.headSize
                        let first = source + token * width + kv * group * c.headSize
                        out.update(from: first, count: c.headSize)
                        for member in 1..<max(1, group) {
                            ck_add_scaled(Int64(c.headSize), 1, first + member * c.headSize, out)
                        }
                    }
                }
            }
        }
    }
}
