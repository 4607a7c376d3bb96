import CKernels
import Tensors

extension Transformer {
    /// output = xm + [postnorm] (f(gate(norm(xm))) · up(norm(xm)) · Wdownᵀ).
    func feedForwardForward(_ layer: Int, tokens t: Int, _ kept: Activations.Slot, output: UnsafeMutablePointer<Float>)
    {
        let c = configuration
        let d = c.width
        let weights = model.weights.layers[layer]
        let x = activations.normed
        normalise(weights.feedForwardNorm, kept.middle, x, kept.statistics + 2 * t, tokens: t)
        let ld = activations.innerWidth
        let outputs: [(Projection, UnsafeMutablePointer<Float>, ld: Int)] =
            c.gated ? [(.gate, kept.inner, ld), (.up, kept.inner + c.hidden, ld)] : [(.up, kept.inner, ld)]
        project(layer, outputs, x: x, ldx: d, kept.low, tokens: t)
        activate(kept, tokens: t)
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
            copy(kept.middle, to: output, t * d)
            project(
                layer, [(.down, output, d)], x: activations.activated, ldx: activations.activatedWidth, kept.low,
                tokens: t, accumulate: true)
        }
    }

    /// The activated inner numbers [T × f], computed in the forward pass and again in the backward pass.
    func activate(_ kept: Activations.Slot, tokens: Int) {
        let c = configuration
        let ld = activations.innerWidth
        team.rows(tokens, grain: 4) { rows, _ in
            let inner = kept.inner + rows.lowerBound * ld
            ck_activation(
                c.activation.rawValue, Int64(rows.count), Int64(c.hidden), inner, c.gated ? inner + c.hidden : nil,
                Int64(ld),
                self.activations.activated + rows.lowerBound * self.activations.activatedWidth,
                Int64(self.activations.activatedWidth))
        }
    }
}
