import CKernels
import Tensors

/// The gradients of the weights themselves, for full fine-tuning. Sums over tokens run in the tokens' order, whatever
/// the threads do.
extension Transformer {
    /// dW [out × in] += dyᵀ·x and db += Σ dy, for projections that share the input x.
    func weightGradients(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>, ldx: Int,
        _ gradients: FloatBuffer, tokens: Int
    ) {
        guard let weights else { return }
        let trained = parts.compactMap { part in
            weights.place(layer, part.0).map { (place: $0, dy: part.1, ld: part.ld) }
        }
        guard let first = trained.first else { return }
        products.weightGradient(
            trained.map { .init(dy: $0.dy, lddy: $0.ld, out: $0.place.out, dw: gradients.pointer + $0.place.offset) },
            x: x, ldx: ldx,
            inner: first.place.inner, tokens: tokens)
        for part in trained {
            guard let bias = part.place.bias else { continue }
            columns(part.place.out) { columns in
                ck_column_sums(
                    Int64(tokens), Int64(columns.count), part.dy + columns.lowerBound, Int64(part.ld),
                    gradients.pointer + bias + columns.lowerBound)
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

    /// The gradients of the norms over heads: every head adds to the same weight. Must run before their input's
    /// gradients replace dy.
    func headNormGradients(_ layer: Int, _ kept: Activations.Slot, _ gradients: FloatBuffer, tokens: Int) {
        guard let query = weights?.place(layer, .query), let key = weights?.place(layer, .key) else { return }
        let c = configuration
        let rawWidth = c.queryWidth + c.keyWidth
        let heads = c.heads + c.kvHeads
        team.run(2) { task, _ in
            for head in task == 0 ? 0..<c.heads : c.heads..<heads {
                let column = head * c.headSize
                ck_norm_gradient(
                    Int64(tokens), Int64(c.headSize), kept.rawHeads + column, Int64(rawWidth), nil,
                    kept.headStatistics + head, Int64(heads),
                    self.activations.dqkv + column, Int64(self.activations.qkvWidth),
                    gradients.pointer + (task == 0 ? query.offset : key.offset), nil)
            }
        }
    }

    /// dW of the output projection from the logits' gradients.
    func headGradients(
        _ normed: UnsafePointer<Float>, _ dLogits: UnsafePointer<Float>, ldy: Int, _ gradients: FloatBuffer,
        tokens: Int
    ) {
        guard let place = weights?.head else { return }
        products.weightGradient(
            [.init(dy: dLogits, lddy: ldy, out: place.out, dw: gradients.pointer + place.offset)], x: normed,
            ldx: place.inner,
            inner: place.inner, tokens: tokens)
        if let bias = place.bias {
            columns(place.out) { columns in
                ck_column_sums(
                    Int64(tokens), Int64(columns.count), dLogits + columns.lowerBound, Int64(ldy),
                    gradients.pointer + bias + columns.lowerBound)
            }
        }
    }

    /// dE[token] += scale · dx[t] and dP[position] += dx[t], from the gradient of the first residual stream.
    func embeddingGradients(_ tree: TokenTree, _ gradients: FloatBuffer) {
        guard let place = weights?.embedding else { return }
        let d = configuration.width
        columns(d) { columns in
            let from = columns.lowerBound
            let count = Int64(columns.count)
            for (t, token) in tree.tokens.enumerated() {
                let dx = self.activations.dx + t * d + from
                ck_add_scaled(
                    count, self.configuration.embeddingScale, dx,
                    gradients.pointer + place.offset + Int(token) * d + from)
                if let positions = self.weights?.positions {
                    ck_add_scaled(
                        count, 1, dx, gradients.pointer + positions.offset + Int(tree.positions[t]) * d + from)
                }
            }
        }
    }

    /// Blocks of columns, each by one thread.
    private func columns(_ count: Int, _ body: (Range<Int>) -> Void) {
        let width = 64
        team.run((count + width - 1) / width) { task, _ in body(task * width..<min(count, (task + 1) * width)) }
    }
}
