import CKernels
import Tensors

/// Layers with an input of their own beside the stream (Gemma 4): an embedding of each token for each layer, and a
/// projection of the token's first residual stream.
extension Transformer {
    /// Every layer's input of each token, in ``Activations/perLayer`` [T × layers · p], from the first residual stream
    /// x: (E[token] · √p + norm(x · Wᵀ / √d)) / √2.
    func perLayerInputs(_ tokens: [Int32], _ x: UnsafePointer<Float>) {
        let c = configuration
        guard c.perLayerWidth > 0, let weights = model.weights.perLayer else { return }
        let inputs = activations.perLayer
        let width = c.layers * c.perLayerWidth
        projectInputs(weights, x, into: inputs, tokens: tokens.count)
        team.rows(tokens.count, grain: 4) { rows, _ in
            var embedded = [Float](repeating: 0, count: width)
            var statistics = [Float](repeating: 0, count: c.layers)
            for t in rows {
                let row = inputs + t * width
                let (n, size) = (Int64(c.layers), Int64(c.perLayerWidth))
                ck_rms_norm(n, size, row, size, weights.norm.weight, c.epsilon, row, size, &statistics)
                embedded.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    weights.embedding.row(Int(tokens[t]), into: base)
                    ck_add_scaled(Int64(width), Self.embeddingScale(c), base, row)
                }
                ck_scale(Int64(width), Self.inputScale, row)
            }
        }
    }

    /// output = xf + norm((f(xf · Wgateᵀ) ∘ input) · Woutᵀ), from what feed-forward left in ``Activations/Slot/fed``.
    func perLayerForward(_ layer: Int, tokens t: Int, _ kept: Activations.Slot, output: UnsafeMutablePointer<Float>) {
        let c = configuration
        let (d, p) = (c.width, c.perLayerWidth)
        let inputs = activations.perLayer + layer * p
        let ld = c.layers * p
        project(layer, [(.perLayerGate, kept.perLayer, 2 * p)], x: kept.fed, ldx: d, kept.low, tokens: t)
        team.rows(t, grain: 8) { rows, _ in
            for token in rows { (kept.perLayer + token * 2 * p + p).update(from: inputs + token * ld, count: p) }
        }
        gatePerLayer(kept, tokens: t)
        project(
            layer, [(.perLayerOut, kept.prePerLayerPost, d)], x: activations.activated,
            ldx: activations.activatedWidth, kept.low, tokens: t)
        guard let post = model.weights.layers[layer].postPerLayerNorm else { return }
        addNormalised(post, kept.prePerLayerPost, to: kept.fed, into: output, tokens: t)
    }

    /// The gradients of a layer's gate, projection and norm, of its input, and of what feed-forward gave on, which is
    /// added to ``Activations/dx``.
    func perLayerBackward(_ layer: Int, _ kept: Activations.Slot, _ gradients: FloatBuffer, tokens t: Int) {
        let c = configuration
        let a = activations
        let (d, p) = (c.width, c.perLayerWidth)
        gatePerLayer(kept, tokens: t)
        let dy = throughPostNorm(
            model.weights.layers[layer].postPerLayerNorm, kept.prePerLayerPost, a.dx,
            weights?.place(layer, .postPerLayer), gradients, tokens: t)
        parameterBackward(
            layer, [(.perLayerOut, dy, d)], x: a.activated, ldx: a.activatedWidth, kept.low, gradients, tokens: t)
        inputGradient(layer, [(.perLayerOut, dy, d)], into: a.dActivated, ld: a.activatedWidth, tokens: t)
        let dInputs = a.dPerLayer + layer * p
        let ld = c.layers * p
        team.rows(t, grain: 8) { rows, _ in
            let inner = kept.perLayer + rows.lowerBound * 2 * p
            let out = a.dInner + rows.lowerBound * a.innerWidth
            ck_activation_backward(
                c.activation.rawValue, Int64(rows.count), Int64(p), inner, inner + p, Int64(2 * p),
                a.dActivated + rows.lowerBound * a.activatedWidth, Int64(a.activatedWidth), out, out + p,
                Int64(a.innerWidth))
            for token in rows {
                (dInputs + token * ld).update(from: a.dInner + token * a.innerWidth + p, count: p)
            }
        }
        let gate: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] = [(.perLayerGate, a.dInner, a.innerWidth)]
        parameterBackward(layer, gate, x: kept.fed, ldx: d, kept.low, gradients, tokens: t)
        inputGradient(layer, gate, into: a.dNormed, ld: d, tokens: t)
        team.rows(t, grain: 8) { rows, _ in
            let at = rows.lowerBound * d
            ck_add_scaled(Int64(rows.count * d), 1, a.dNormed + at, a.dx + at)
        }
    }

    /// The gradients of what makes the inputs, and of the first residual stream, which is added to ``Activations/dx``.
    /// The inputs themselves are no longer needed, and make room.
    func perLayerInputGradients(_ tree: TokenTree, _ gradients: FloatBuffer) {
        let c = configuration
        guard let trained = weights?.perLayer, let perLayer = model.weights.perLayer else { return }
        let a = activations
        let t = tree.tokens.count
        let (d, p) = (c.width, c.perLayerWidth)
        let width = c.layers * p
        let raw = a.perLayer
        let x = slot(0).input
        projectInputs(perLayer, x, into: raw, tokens: t)
        team.rows(t, grain: 8) { rows, _ in
            ck_scale(Int64(rows.count * width), Self.inputScale, a.dPerLayer + rows.lowerBound * width)
        }
        columns(width) { columns in
            for (token, id) in tree.tokens.enumerated() {
                ck_add_scaled(
                    Int64(columns.count), Self.embeddingScale(c), a.dPerLayer + token * width + columns.lowerBound,
                    gradients.pointer + trained.embedding.offset + Int(id) * width + columns.lowerBound)
            }
        }
        // One task, so that all layers of all tokens add to the norm's weight in their order.
        team.run(1) { _, _ in
            var statistics = [Float](repeating: 0, count: c.layers)
            var out = [Float](repeating: 0, count: width)
            let (n, size) = (Int64(c.layers), Int64(p))
            for token in 0..<t {
                let (row, dRow) = (raw + token * width, a.dPerLayer + token * width)
                for index in out.indices { out[index] = 0 }
                ck_rms_norm(n, size, row, size, perLayer.norm.weight, c.epsilon, &out, size, &statistics)
                for index in out.indices { out[index] = 0 }
                ck_rms_norm_backward(
                    n, size, row, size, perLayer.norm.weight, statistics, dRow, size, &out, size,
                    gradients.pointer + trained.norm.offset)
                for index in out.indices { dRow[index] = out[index] / Float(d).squareRoot() }
            }
        }
        products.weightGradient(
            [
                .init(
                    dy: a.dPerLayer, lddy: width, out: width,
                    dw: gradients.pointer + trained.projection.offset)
            ], x: x, ldx: d, inner: d, tokens: t)
        products.inputGradient(
            [.init(perLayer.projection, dy: a.dPerLayer, lddy: width)], dx: a.dNormed, lddx: d, tokens: t)
        team.rows(t, grain: 8) { rows, _ in
            let at = rows.lowerBound * d
            ck_add_scaled(Int64(rows.count * d), 1, a.dNormed + at, a.dx + at)
        }
    }

    /// x · Wᵀ / √d, all layers' inputs side by side.
    private func projectInputs(
        _ weights: PerLayerWeights, _ x: UnsafePointer<Float>, into inputs: UnsafeMutablePointer<Float>, tokens: Int
    ) {
        let c = configuration
        let width = c.layers * c.perLayerWidth
        let parts = [Products.Forward(weights.projection, inputs, ldy: width)]
        if stepping != nil {
            products.forwardRows(parts, [[]], x: x, ldx: c.width, tokens: tokens)
        } else {
            products.forward(parts, x: x, ldx: c.width, tokens: tokens)
        }
        let scale = 1 / Float(c.width).squareRoot()
        team.rows(tokens, grain: 8) { rows, _ in
            ck_scale(Int64(rows.count * width), scale, inputs + rows.lowerBound * width)
        }
    }

    /// f(gate) ∘ input, into ``Activations/activated``.
    private func gatePerLayer(_ kept: Activations.Slot, tokens: Int) {
        let c = configuration
        let p = c.perLayerWidth
        let a = activations
        team.rows(tokens, grain: 8) { rows, _ in
            let inner = kept.perLayer + rows.lowerBound * 2 * p
            ck_activation(
                c.activation.rawValue, Int64(rows.count), Int64(p), inner, inner + p, Int64(2 * p),
                a.activated + rows.lowerBound * a.activatedWidth, Int64(a.activatedWidth))
        }
    }

    private static let inputScale = Float(0.5).squareRoot()

    private static func embeddingScale(_ c: ModelConfiguration) -> Float { Float(c.perLayerWidth).squareRoot() }
}
