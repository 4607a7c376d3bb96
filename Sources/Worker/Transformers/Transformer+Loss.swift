import CKernels
import Tensors

/// The loss at one label site.
package struct SiteLoss: Sendable {
    /// -ln p(target), in nats, before the site's weight.
    package var loss: Float
    /// Whether the target is the likeliest token.
    package var correct: Bool
}

extension Transformer {
    /// Cross-entropy at every label site of `tree`, from the last residual stream; and, when `gradientScale` is not 0,
    /// the gradient of Σ weight · loss · gradientScale in ``Activations/dx``.
    ///
    /// Only label sites meet the vocabulary, some rows at a time, so that the logits never take more than `logitBytes`.
    func loss(
        _ tree: TokenTree, _ hidden: UnsafeMutablePointer<Float>, smoothing: Float = 0, gradientScale: Float = 0,
        into gradients: FloatBuffer? = nil, logitBytes: Int = 48 << 20
    ) throws -> [SiteLoss] {
        let c = configuration
        let d = c.width
        let vocabulary = c.vocabulary
        var losses = [SiteLoss](repeating: SiteLoss(loss: 0, correct: false), count: tree.labels.count)
        let training = gradientScale != 0
        if training { activations.dx.update(repeating: 0, count: tree.tokens.count * d) }
        let chunk = min(max(1, tree.labels.count), max(12, logitBytes / (4 * vocabulary) / 6 * 6))
        // The chunk's rows of x, normed x, their gradients, 1/σ and mean; then its logits.
        // Rows whole pages apart would fall into the same sets of the caches, hence a line more.
        let ld = vocabulary + 16
        try headScratch.reserve(chunk * (4 * d + 2 + ld))
        if training, c.logitCap > 0 { for scratch in attentionScratch { try scratch.reserve(vocabulary) } }
        let x = headScratch.pointer
        let normed = x + chunk * d
        let dNormed = normed + chunk * d
        let dx = dNormed + chunk * d
        let statistics = dx + chunk * d
        let logits = statistics + 2 * chunk
        for from in stride(from: 0, to: tree.labels.count, by: chunk) {
            let sites = Array(tree.labels[from..<min(from + chunk, tree.labels.count)])
            for (row, site) in sites.enumerated() { (x + row * d).update(from: hidden + Int(site.token) * d, count: d) }
            normalise(model.weights.finalNorm, x, normed, statistics, tokens: sites.count)
            if c.logitScale != 1 { scaleRows(normed, by: c.logitScale, tokens: sites.count) }
            products.forward([.init(model.weights.head, logits, ldy: ld)], x: normed, ldx: d, tokens: sites.count)
            capLogits(logits, ld: ld, rows: sites.count)
            losses.withUnsafeMutableBufferPointer { losses in
                nonisolated(unsafe) let losses = losses
                team.run(sites.count) { row, thread in
                    var correct: Int32 = 0
                    let numbers = logits + row * ld
                    // The gradient takes the place of what the tangent's slope is told by.
                    let capped = training && c.logitCap > 0 ? self.attentionScratch[thread].pointer : nil
                    capped?.update(from: numbers, count: vocabulary)
                    let value = ck_cross_entropy(
                        Int64(vocabulary), numbers, Int64(sites[row].target), smoothing,
                        gradientScale * sites[row].weight, &correct)
                    if let capped { ck_softcap_backward(Int64(vocabulary), c.logitCap, capped, numbers) }
                    losses[from + row] = SiteLoss(loss: value, correct: correct != 0)
                }
            }
            guard training else { continue }
            if let gradients { headGradients(normed, logits, ldy: ld, gradients, tokens: sites.count) }
            products.inputGradient(
                [.init(model.weights.head, dy: logits, lddy: ld)], dx: dNormed, lddx: d, tokens: sites.count)
            if c.logitScale != 1 { scaleRows(dNormed, by: c.logitScale, tokens: sites.count) }
            if let gradients {
                normGradient(weights?.finalNorm, x, statistics, dNormed, gradients, tokens: sites.count)
            }
            dx.update(repeating: 0, count: sites.count * d)
            normBackward(model.weights.finalNorm, x, statistics, dy: dNormed, dx: dx, tokens: sites.count)
            // Several sites may sit on one token (a shared prefix predicts each continuation): their gradients add up,
            // in order.
            for (row, site) in sites.enumerated() {
                ck_add_scaled(Int64(d), 1, dx + row * d, activations.dx + Int(site.token) * d)
            }
        }
        return losses
    }

    /// Squashes logits where the family does.
    func capLogits(_ logits: UnsafeMutablePointer<Float>, ld: Int, rows: Int) {
        let cap = configuration.logitCap
        guard cap > 0 else { return }
        let vocabulary = Int64(configuration.vocabulary)
        team.run(rows) { row, _ in ck_softcap(vocabulary, cap, logits + row * ld) }
    }

    /// dW of the output projection from the logits' gradients.
    private func headGradients(
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

    /// Forward and backward: adds the gradient of `scale` · Σ weight · loss to `gradients`; returns the losses.
    ///
    /// - Parameter noise: the step's randomness; `tree` must then share no prefixes.
    package func train(
        _ tree: TokenTree, scale: Float, smoothing: Float = 0, noise: TrainingNoise? = nil, into gradients: FloatBuffer
    ) throws -> [SiteLoss] {
        try draw(noise, tree)
        defer { self.noise = nil }
        let losses = try loss(tree, forward(tree), smoothing: smoothing, gradientScale: scale, into: gradients)
        backward(tree, into: gradients)
        return losses
    }

    /// Forward, then backward from factors that `factors` gives once it has seen the losses: adds the gradient of
    /// Σ factor · weight · loss to `gradients`; returns the losses.
    ///
    /// A loss of whole answers is a function of their summed losses, and its derivative is what each token's loss is
    /// multiplied by. The output projection is computed twice for it, at the label sites alone.
    /// - Parameter factors: a factor for each sequence of the tree.
    package func train(_ tree: TokenTree, into gradients: FloatBuffer, factors: ([SiteLoss]) throws -> [Float]) throws
        -> [SiteLoss]
    {
        try draw(nil, tree)
        let hidden = try forward(tree)
        let losses = try loss(tree, hidden)
        let weighed = tree.weighed(by: try factors(losses))
        guard !weighed.labels.isEmpty else { return losses }
        _ = try loss(weighed, hidden, gradientScale: 1, into: gradients)
        backward(tree, into: gradients)
        return losses
    }
}
