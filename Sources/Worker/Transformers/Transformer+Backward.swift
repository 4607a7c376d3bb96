import CKernels
import Tensors

extension Transformer {
    /// Adds the gradients of what is trained to `gradients` (laid out as its values), from the gradient of the last
    /// residual stream in
    /// ``Activations/dx``. The last call to ``forward(_:)`` must have been on the same tree.
    func backward(_ tree: TokenTree, into gradients: FloatBuffer) {
        for layer in stride(from: configuration.layers - 1, through: lowestTrained, by: -1) {
            let kept = slot(layer)
            feedForwardBackward(layer, tree, kept, gradients)
            attentionBackward(
                layer, tree, kept, gradients, needsInput: layer > lowestTrained || weights?.embedding != nil)
        }
        embeddingGradients(tree, gradients)
    }

    private func feedForwardBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer
    ) {
        let c = configuration
        let t = tree.tokens.count
        let d = c.width
        let a = activations
        let weights = model.weights.layers[layer]
        activate(kept, tokens: t)
        let branch = throughDropout(a.dx, TrainingNoise.Stream.feedForwardResidual(layer), tokens: t)
        let dy = throughPostNorm(
            weights.postFeedForwardNorm, kept.preFeedForwardPost, branch, self.weights?.place(layer, .postFeedForward),
            gradients, tokens: t)
        parameterBackward(
            layer, [(.down, dy, d)], x: a.activated, ldx: a.activatedWidth, kept.low, gradients, tokens: t)
        inputGradient(layer, [(.down, dy, d)], into: a.dActivated, ld: a.activatedWidth, tokens: t)
        let ld = a.innerWidth
        team.rows(t, grain: 4) { rows, _ in
            let inner = kept.inner + rows.lowerBound * ld
            let out = a.dInner + rows.lowerBound * ld
            ck_activation_backward(
                c.activation.rawValue, Int64(rows.count), Int64(c.hidden), inner, c.gated ? inner + c.hidden : nil,
                Int64(ld),
                a.dActivated + rows.lowerBound * a.activatedWidth, Int64(a.activatedWidth), out,
                c.gated ? out + c.hidden : nil, Int64(ld))
        }
        let parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] =
            c.gated ? [(.gate, a.dInner, ld), (.up, a.dInner + c.hidden, ld)] : [(.up, a.dInner, ld)]
        normalise(weights.feedForwardNorm, kept.middle, a.normed, kept.statistics + 2 * t, tokens: t)
        parameterBackward(layer, parts, x: a.normed, ldx: d, kept.low, gradients, tokens: t)
        inputGradient(layer, parts, into: a.dNormed, ld: d, tokens: t)
        normGradient(
            self.weights?.place(layer, .feedForward), kept.middle, kept.statistics + 2 * t, a.dNormed, gradients,
            tokens: t)
        normBackward(weights.feedForwardNorm, kept.middle, kept.statistics + 2 * t, dy: a.dNormed, dx: a.dx, tokens: t)
    }

    private func attentionBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer, needsInput: Bool
    ) {
        let c = configuration
        let t = tree.tokens.count
        let d = c.width
        let a = activations
        let weights = model.weights.layers[layer]
        let branch = throughDropout(a.dx, TrainingNoise.Stream.attentionResidual(layer), tokens: t)
        let dy = throughPostNorm(
            weights.postAttentionNorm, kept.preAttentionPost, branch, self.weights?.place(layer, .postAttention),
            gradients, tokens: t)
        parameterBackward(layer, [(.o, dy, d)], x: kept.attention, ldx: c.queryWidth, kept.low, gradients, tokens: t)
        inputGradient(layer, [(.o, dy, d)], into: a.dAttention, ld: c.queryWidth, tokens: t)
        attendBackward(layer, tree, kept)
        rotate(layer, tree.positions, a.dqkv, ld: a.qkvWidth, direction: -1)
        if c.headNorms {
            headNormGradients(layer, kept, gradients, tokens: t)
            headNormsBackward(weights, kept, tokens: t)
        }
        let parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] = [
            (.q, a.dqkv, a.qkvWidth), (.k, a.dqkv + c.queryWidth, a.qkvWidth),
            (.v, a.dqkv + c.queryWidth + c.keyWidth, a.qkvWidth),
        ]
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

    /// The gradient before a post-norm, in ``Activations/dPost``; without one, the gradient as it is.
    private func throughPostNorm(
        _ norm: NormWeights?, _ y: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>,
        _ place: TrainableWeights.NormPlace?,
        _ gradients: FloatBuffer, tokens: Int
    ) -> UnsafeMutablePointer<Float> {
        guard configuration.postNorms, let norm else { return dy }
        let d = configuration.width
        let out = activations.dPost
        team.rows(tokens, grain: 8) { rows, _ in
            let statistics = self.activations.postStatistics + rows.lowerBound
            let at = rows.lowerBound * d
            (out + at).update(repeating: 0, count: rows.count * d)
            let n = Int64(rows.count)
            ck_rms_norm(
                n, Int64(d), y + at, Int64(d), norm.weight, self.configuration.epsilon, self.activations.dNormed + at,
                Int64(d), statistics)
            ck_rms_norm_backward(
                n, Int64(d), y + at, Int64(d), norm.weight, statistics, dy + at, Int64(d), out + at, Int64(d), nil)
        }
        // The statistics of a layer norm would begin with its means.
        normGradient(place, y, activations.postStatistics - tokens, dy, gradients, tokens: tokens)
        return out
    }

    /// dx += the norm's input gradient.
    func normBackward(
        _ norm: NormWeights, _ x: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, tokens: Int
    ) {
        let d = configuration.width
        team.rows(tokens, grain: 8) { rows, _ in
            let at = rows.lowerBound * d
            if self.configuration.normalisation == .layer, let bias = norm.bias {
                ck_layer_norm_backward(
                    Int64(rows.count), Int64(d), x + at, Int64(d), norm.weight, statistics + rows.lowerBound,
                    statistics + tokens + rows.lowerBound, dy + at, Int64(d), dx + at, Int64(d), nil, nil)
                _ = bias
            } else {
                ck_rms_norm_backward(
                    Int64(rows.count), Int64(d), x + at, Int64(d), norm.weight, statistics + tokens + rows.lowerBound,
                    dy + at, Int64(d),
                    dx + at, Int64(d), nil)
            }
        }
    }

    /// Gradients of each projection's weights, or of its factors: g = s·dy·B [T × r] (kept in dLow for the input
    /// gradient), dAᵀ += xᵀ·g, dB += dyᵀ·u.
    private func parameterBackward(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>, ldx: Int,
        _ low: UnsafePointer<Float>, _ gradients: FloatBuffer, tokens: Int, needsInput: Bool = true
    ) {
        if weights != nil { weightGradients(layer, parts, x: x, ldx: ldx, gradients, tokens: tokens) }
        guard let adapter else { return }
        let covered = parts.compactMap { part in
            adapter.place(layer, part.0).map { (place: $0, dy: part.1, ld: part.ld) }
        }
        guard !covered.isEmpty else { return }
        let r = rank
        let ld = 7 * r
        let g = activations.dLow
        team.rows(tokens, grain: 12) { rows, _ in
            for part in covered {
                let out = g + rows.lowerBound * ld + part.place.projection.rawValue * r
                ck_gemm(
                    Int64(rows.count), Int64(r), Int64(part.place.outer), part.dy + rows.lowerBound * part.ld,
                    Int64(part.ld), 1,
                    adapter.values.pointer + part.place.b, Int64(r), out, Int64(ld), 0)
                for t in 0..<rows.count { ck_scale(Int64(r), adapter.layout.scale, out + t * ld) }
            }
        }
        // Blocks of 96 rows of either factor are one task each: no two write the same gradient.
        var tasks: [(part: Int, first: Int, isA: Bool)] = []
        for (index, part) in covered.enumerated() {
            for first in stride(from: 0, to: part.place.inner, by: 96) { tasks.append((index, first, true)) }
            for first in stride(from: 0, to: part.place.outer, by: 96) { tasks.append((index, first, false)) }
        }
        team.run(tasks.count) { task, thread in
            let (index, first, isA) = tasks[task]
            let part = covered[index]
            let column = part.place.projection.rawValue * r
            if isA,
                let dropped = self.droppedColumns(part.place, x, ldx: ldx, first: first, tokens: tokens, thread: thread)
            {
                ck_gemm(
                    Int64(min(96, part.place.inner - first)), Int64(r), Int64(tokens), dropped, 1, 96, g + column,
                    Int64(ld),
                    gradients.pointer + part.place.a + first * r, Int64(r), 1)
            } else if isA {
                ck_gemm(
                    Int64(min(96, part.place.inner - first)), Int64(r), Int64(tokens), x + first, 1, Int64(ldx),
                    g + column, Int64(ld),
                    gradients.pointer + part.place.a + first * r, Int64(r), 1)
            } else {
                ck_gemm(
                    Int64(min(96, part.place.outer - first)), Int64(r), Int64(tokens), part.dy + first, 1,
                    Int64(part.ld), low + column,
                    Int64(ld), gradients.pointer + part.place.b + first * r, Int64(r), 1)
            }
        }
    }

    /// Σ dy·(W + s·B·A) over projections that share their input.
    private func inputGradient(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)],
        into dx: UnsafeMutablePointer<Float>, ld: Int,
        tokens: Int
    ) {
        let r = rank
        let terms = parts.compactMap { projection, dy, lddy -> Products.Backward? in
            guard let matrix = model.weights.layers[layer][projection] else { return nil }
            var low: LowRank?
            if adapterDropout == 0, let adapter, let place = adapter.place(layer, projection) {
                low = LowRank(
                    rows: UnsafePointer(activations.dLow) + projection.rawValue * r, stride: 7 * r,
                    factor: UnsafePointer(adapter.values.pointer) + place.a, rank: r)
            }
            return Products.Backward(matrix, dy: dy, lddy: lddy, low: low)
        }
        products.inputGradient(terms, dx: dx, lddx: ld, tokens: tokens)
        if adapterDropout > 0 {
            for part in parts { addDroppedInputGradient(layer, part.0, into: dx, ld: ld, tokens: tokens) }
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

    private func headNormsBackward(_ weights: LayerWeights, _ kept: Activations.Slot, tokens: Int) {
        let c = configuration
        guard let queryNorm = weights.queryNorm, let keyNorm = weights.keyNorm else { return }
        let ld = activations.qkvWidth
        let rawWidth = c.queryWidth + c.keyWidth
        let heads = c.heads + c.kvHeads
        team.rows(tokens, grain: 8) { rows, _ in
            var out = [Float](repeating: 0, count: rawWidth)
            for t in rows {
                let row = self.activations.dqkv + t * ld
                let raw = kept.rawHeads + t * rawWidth
                let statistics = kept.headStatistics + t * heads
                let h = Int64(c.headSize)
                out.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    base.update(repeating: 0, count: rawWidth)
                    ck_rms_norm_backward(Int64(c.heads), h, raw, h, queryNorm.weight, statistics, row, h, base, h, nil)
                    ck_rms_norm_backward(
                        Int64(c.kvHeads), h, raw + c.queryWidth, h, keyNorm.weight, statistics + c.heads,
                        row + c.queryWidth, h,
                        base + c.queryWidth, h, nil)
                    row.update(from: base, count: rawWidth)
                }
            }
        }
    }
}
