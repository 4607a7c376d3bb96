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
        project(
            layer,
            [(.q, kept.qkv, ld), (.k, kept.qkv + c.queryWidth, ld), (.v, kept.qkv + c.queryWidth + c.keyWidth, ld)],
            x: x, ldx: d, kept.low, tokens: t)
        if c.headNorms { normaliseHeads(weights, kept, tokens: t) }
        rotate(layer, positions, kept.qkv, ld: ld, direction: 1)
        attend()
        if let noise, noise.dropout > 0 {
            let post = c.postNorms ? weights.postAttentionNorm : nil
            let branch = post == nil ? activations.dropped : kept.preAttentionPost
            project(layer, [(.o, branch, d)], x: kept.attention, ldx: c.queryWidth, kept.low, tokens: t)
            addDropped(
                post, branch, to: kept.input, into: kept.middle, TrainingNoise.Stream.attentionResidual(layer),
                noise.dropout, tokens: t)
        } else if c.postNorms, let post = weights.postAttentionNorm {
            project(layer, [(.o, kept.preAttentionPost, d)], x: kept.attention, ldx: c.queryWidth, kept.low, tokens: t)
            addNormalised(post, kept.preAttentionPost, to: kept.input, into: kept.middle, tokens: t)
        } else {
            copy(kept.input, to: kept.middle, t * d)
            project(
                layer, [(.o, kept.middle, d)], x: kept.attention, ldx: c.queryWidth, kept.low, tokens: t,
                accumulate: true)
        }
    }

    /// into = x + norm(y), for families with post-norms.
    func addNormalised(
        _ norm: NormWeights, _ y: UnsafePointer<Float>, to x: UnsafePointer<Float>, into: UnsafeMutablePointer<Float>,
        tokens: Int
    ) {
        let d = configuration.width
        team.rows(tokens, grain: 8) { rows, _ in
            var statistics = [Float](repeating: 0, count: rows.count)
            let at = rows.lowerBound * d
            ck_rms_norm(
                Int64(rows.count), Int64(d), y + at, Int64(d), norm.weight, self.configuration.epsilon, into + at,
                Int64(d), &statistics)
            ck_add_scaled(Int64(rows.count * d), 1, x + at, into + at)
        }
    }

    /// Each head of q and k is normalised by itself (Qwen 3, Gemma 3); what was there is kept.
    private func normaliseHeads(_ weights: LayerWeights, _ kept: Activations.Slot, tokens: Int) {
        let c = configuration
        guard let queryNorm = weights.queryNorm, let keyNorm = weights.keyNorm else { return }
        let ld = activations.qkvWidth
        let rawWidth = c.queryWidth + c.keyWidth
        let heads = c.heads + c.kvHeads
        team.rows(tokens, grain: 8) { rows, _ in
            for t in rows {
                let row = kept.qkv + t * ld
                let raw = kept.rawHeads + t * rawWidth
                let statistics = kept.headStatistics + t * heads
                raw.update(from: row, count: rawWidth)
                let h = Int64(c.headSize)
                ck_rms_norm(Int64(c.heads), h, raw, h, queryNorm.weight, c.epsilon, row, h, statistics)
                ck_rms_norm(
                    Int64(c.kvHeads), h, raw + c.queryWidth, h, keyNorm.weight, c.epsilon, row + c.queryWidth, h,
                    statistics + c.heads)
            }
        }
    }

    /// Rotates queries and keys by their positions, or back.
    func rotate(_ layer: Int, _ positions: [Int32], _ qkv: UnsafeMutablePointer<Float>, ld: Int, direction: Float) {
        let c = configuration
        guard let table = c.slides(layer) ? tables.sliding ?? tables.full : tables.full else { return }
        team.rows(positions.count, grain: 8) { rows, _ in
            positions.withUnsafeBufferPointer { positions in
                guard let base = positions.baseAddress else { return }
                ck_rope(
                    Int64(rows.count), Int64(c.heads + c.kvHeads), Int64(c.headSize), qkv + rows.lowerBound * ld,
                    Int64(ld),
                    base + rows.lowerBound, table.cosine, table.sine, direction)
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
}
