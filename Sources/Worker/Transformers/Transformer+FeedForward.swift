import CKernels
import Tensors

extension Transformer {
    /// output = xm + [postnorm] (f(gate(norm(xm))) · up(norm(xm)) · Wdownᵀ), and what the layer's own input adds.
    func feedForwardForward(_ layer: Int, tokens t: Int, _ kept: Activations.Slot, output: UnsafeMutablePointer<Float>)
    {
        feedForward(layer, tokens: t, kept, output: configuration.perLayerWidth > 0 ? kept.fed : output)
        if configuration.perLayerWidth > 0 { perLayerForward(layer, tokens: t, kept, output: output) }
        let scalar = model.weights.layers[layer].scalar
        if scalar != 1 { scaleRows(output, by: scalar, tokens: t) }
    }

    private func feedForward(_ layer: Int, tokens t: Int, _ kept: Activations.Slot, output: UnsafeMutablePointer<Float>)
    {
        let c = configuration
        let d = c.width
        let weights = model.weights.layers[layer]
        let x = activations.normed
        normalise(weights.feedForwardNorm, kept.middle, x, kept.statistics + 2 * t, tokens: t)
        let ld = activations.innerWidth
        let outputs: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] =
            c.gated ? [(.gate, kept.inner, ld), (.up, kept.inner + c.hidden(layer), ld)] : [(.up, kept.inner, ld)]
        project(layer, outputs, x: x, ldx: d, kept.low, tokens: t)
        activate(layer, kept, tokens: t)
        if let noise, noise.dropout > 0 {
            let post = c.postNorms ? weights.postFeedForwardNorm : nil
            let branch = post == nil ? activations.dropped : kept.preFeedForwardPost
            project(
                layer, [(.down, branch, d)], x: activations.activated, ldx: activations.activatedWidth, kept.low,
                tokens: t)
            addDropped(
                post, branch, to: kept.middle, into: output, TrainingNoise.Stream.feedForwardResidual(layer),
                noise.dropout, tokens: t)
        } else if c.postNorms, let post = weights.postFeedForwardNorm {
            project(
                layer, [(.down, kept.preFeedForwardPost, d)], x: activations.activated, ldx: activations.activatedWidth,
                kept.low, tokens: t)
            addNormalised(post, kept.preFeedForwardPost, to: kept.middle, into: output, tokens: t)
        } else {
            addProjected(
                layer, .down, x: activations.activated, ldx: activations.activatedWidth, kept.low, to: kept.middle,
                into: output, tokens: t)
        }
    }

    func feedForwardBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer
    ) {
        let c = configuration
        let t = tree.tokens.count
        let d = c.width
        let a = activations
        let weights = model.weights.layers[layer]
        if weights.scalar != 1 { scaleRows(a.dx, by: weights.scalar, tokens: t) }
        if c.perLayerWidth > 0 { perLayerBackward(layer, kept, gradients, tokens: t) }
        let hidden = c.hidden(layer)
        activate(layer, kept, tokens: t)
        let branch = throughResidualScale(
            throughDropout(a.dx, TrainingNoise.Stream.feedForwardResidual(layer), tokens: t), tokens: t)
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
                c.activation.rawValue, Int64(rows.count), Int64(hidden), inner, c.gated ? inner + hidden : nil,
                Int64(ld),
                a.dActivated + rows.lowerBound * a.activatedWidth, Int64(a.activatedWidth), out,
                c.gated ? out + hidden : nil, Int64(ld))
        }
        let parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] =
            c.gated ? [(.gate, a.dInner, ld), (.up, a.dInner + hidden, ld)] : [(.up, a.dInner, ld)]
        normalise(weights.feedForwardNorm, kept.middle, a.normed, kept.statistics + 2 * t, tokens: t)
        parameterBackward(layer, parts, x: a.normed, ldx: d, kept.low, gradients, tokens: t)
        inputGradient(layer, parts, into: a.dNormed, ld: d, tokens: t)
        normGradient(
            self.weights?.place(layer, .feedForward), kept.middle, kept.statistics + 2 * t, a.dNormed, gradients,
            tokens: t)
        normBackward(weights.feedForwardNorm, kept.middle, kept.statistics + 2 * t, dy: a.dNormed, dx: a.dx, tokens: t)
    }

    /// The activated inner numbers [T × f], computed in the forward pass and again in the backward pass.
    private func activate(_ layer: Int, _ kept: Activations.Slot, tokens: Int) {
        let c = configuration
        let hidden = c.hidden(layer)
        let ld = activations.innerWidth
        team.rows(tokens, grain: 4) { rows, _ in
            let inner = kept.inner + rows.lowerBound * ld
            ck_activation(
                c.activation.rawValue, Int64(rows.count), Int64(hidden), inner, c.gated ? inner + hidden : nil,
                Int64(ld),
                self.activations.activated + rows.lowerBound * self.activations.activatedWidth,
                Int64(self.activations.activatedWidth))
        }
    }
}
