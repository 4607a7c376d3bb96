import CKernels
import Tensors

/// Norms over the width of the model and over heads, each forward and backward.
extension Transformer {
    /// y = norm(x), or x where there is no norm; statistics hold mean, then 1/σ, T of each.
    func normalise(
        _ norm: NormWeights?, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ statistics: UnsafeMutablePointer<Float>,
        tokens: Int
    ) {
        let d = configuration.width
        guard let norm else { return copy(x, to: y, tokens * d) }
        team.rows(tokens, grain: 8) { rows, _ in
            let at = rows.lowerBound * d
            if self.configuration.normalisation == .layer, let bias = norm.bias {
                ck_layer_norm(
                    Int64(rows.count), Int64(d), x + at, Int64(d), norm.weight, bias, self.configuration.epsilon,
                    y + at, Int64(d),
                    statistics + rows.lowerBound, statistics + tokens + rows.lowerBound)
            } else {
                ck_rms_norm(
                    Int64(rows.count), Int64(d), x + at, Int64(d), norm.weight, self.configuration.epsilon, y + at,
                    Int64(d),
                    statistics + tokens + rows.lowerBound)
            }
        }
    }

    /// dx += the norm's input gradient, which is dy where there is no norm.
    func normBackward(
        _ norm: NormWeights?, _ x: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, tokens: Int
    ) {
        let d = configuration.width
        team.rows(tokens, grain: 8) { rows, _ in
            let at = rows.lowerBound * d
            guard let norm else { return ck_add_scaled(Int64(rows.count * d), 1, dy + at, dx + at) }
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

    /// The gradients of a norm's weight and bias from those of its output; `statistics` hold T means, then T of 1/σ.
    func normGradient(
        _ place: TrainableWeights.NormPlace?, _ x: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>,
        _ dy: UnsafePointer<Float>,
        _ gradients: FloatBuffer, tokens: Int
    ) {
        guard let place else { return }
        let d = Int64(place.count)
        columns(place.count) { columns in
            let from = columns.lowerBound
            ck_norm_gradient(
                Int64(tokens), Int64(columns.count), x + from, d, place.bias == nil ? nil : statistics,
                statistics + tokens, 1, dy + from, d,
                gradients.pointer + place.offset + from, place.bias.map { gradients.pointer + $0 + from })
        }
    }

    /// into = x + scale · norm(y), for families with post-norms.
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
            let scale = self.configuration.residualScale
            if scale != 1 { ck_scale(Int64(rows.count * d), scale, into + at) }
            ck_add_scaled(Int64(rows.count * d), 1, x + at, into + at)
        }
    }

    /// The gradient before a post-norm, in ``Activations/dPost``; without one, the gradient as it is.
    func throughPostNorm(
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

    /// Each head of q and k is normalised by itself (Qwen 3, Gemma 3), or all at once (OLMo 2), and in some models each
    /// head of v without a weight (Gemma 4); what was there is kept.
    func normaliseHeads(_ layer: Int, _ kept: Activations.Slot, tokens: Int) {
        let ld = activations.qkvWidth
        let parts = headNorms(layer)
        let rawWidth = parts.reduce(0) { $0 + $1.shape.count * $1.shape.size }
        let heads = parts.reduce(0) { $0 + $1.heads }
        let epsilon = configuration.epsilon
        team.rows(tokens, grain: 8) { rows, _ in
            for t in rows {
                var row = kept.qkv + t * ld
                var raw = kept.rawHeads + t * rawWidth
                var statistics = kept.headStatistics + t * heads
                raw.update(from: row, count: rawWidth)
                for part in parts {
                    let (n, size) = (Int64(part.shape.count), Int64(part.shape.size))
                    ck_rms_norm(n, size, raw, size, part.weight, epsilon, row, size, statistics)
                    row += part.shape.count * part.shape.size
                    raw += part.shape.count * part.shape.size
                    statistics += part.heads
                }
            }
        }
    }

    func headNormsBackward(_ layer: Int, _ kept: Activations.Slot, tokens: Int) {
        let ld = activations.qkvWidth
        let parts = headNorms(layer)
        let rawWidth = parts.reduce(0) { $0 + $1.shape.count * $1.shape.size }
        let heads = parts.reduce(0) { $0 + $1.heads }
        team.rows(tokens, grain: 8) { rows, _ in
            var out = [Float](repeating: 0, count: rawWidth)
            for t in rows {
                var row = self.activations.dqkv + t * ld
                var raw = kept.rawHeads + t * rawWidth
                var statistics = kept.headStatistics + t * heads
                out.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    for part in parts {
                        let (n, size) = (Int64(part.shape.count), Int64(part.shape.size))
                        let width = part.shape.count * part.shape.size
                        base.update(repeating: 0, count: width)
                        ck_rms_norm_backward(n, size, raw, size, part.weight, statistics, row, size, base, size, nil)
                        row.update(from: base, count: width)
                        row += width
                        raw += width
                        statistics += part.heads
                    }
                }
            }
        }
    }

    /// The gradients of the norms over heads: every head adds to the same weight. Must run before their input's
    /// gradients replace dy.
    func headNormGradients(_ layer: Int, _ kept: Activations.Slot, _ gradients: FloatBuffer, tokens: Int) {
        guard weights != nil else { return }
        let parts = headNorms(layer)
        let rawWidth = parts.reduce(0) { $0 + $1.shape.count * $1.shape.size }
        let heads = parts.reduce(0) { $0 + $1.heads }
        team.run(parts.count) { task, _ in
            guard let norm = parts[task].norm, let place = self.weights?.place(layer, norm) else { return }
            let shape = parts[task].shape
            let first = parts[..<task].reduce(0) { $0 + $1.shape.count * $1.shape.size }
            let firstHead = parts[..<task].reduce(0) { $0 + $1.heads }
            for index in 0..<shape.count {
                let column = first + index * shape.size
                ck_norm_gradient(
                    Int64(tokens), Int64(shape.size), kept.rawHeads + column, Int64(rawWidth), nil,
                    kept.headStatistics + firstHead + index, Int64(heads), self.activations.dqkv + column,
                    Int64(self.activations.qkvWidth), gradients.pointer + place.offset, nil)
            }
        }
    }

    /// One norm over heads of a layer: `norm` is nil where its weight is fixed.
    private typealias HeadNorm = (norm: BlockNorm?, weight: [Float], shape: (count: Int, size: Int), heads: Int)

    /// The norms over a layer's heads, in the order in which what they go over lies side by side.
    private func headNorms(_ layer: Int) -> [HeadNorm] {
        let c = configuration
        let weights = model.weights.layers[layer]
        var parts: [HeadNorm] = []
        if let norm = weights.queryNorm { parts.append((.query, norm.weight, c.queryNormShape(layer), c.heads)) }
        if let norm = weights.keyNorm { parts.append((.key, norm.weight, c.keyNormShape(layer), c.kvHeads(layer))) }
        if c.valueNorms, c.keeps(layer) {
            let ones = [Float](repeating: 1, count: c.headSize(layer))
            parts.append((nil, ones, (c.kvHeads(layer), c.headSize(layer)), c.kvHeads(layer)))
        }
        return parts
    }
}
