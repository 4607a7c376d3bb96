import CKernels
import Tensors

/// Layers that mix tokens by a short gated convolution in place of attention (LFM2, Liquid AI 2025).
///
/// One projection gives b, c and x of each token; the products b ∘ x of the last ``ModelConfiguration/taps`` tokens are
/// weighed by the kernel, each channel for itself, and gated by c. What an answer needs of the tokens before are their
/// products alone.
extension Transformer {
    /// Middle residual: xm = x + (c ∘ kernel(b ∘ x)) · Woutᵀ, with b, c, x = norm(x) · Winᵀ.
    ///
    /// `mix` fills ``Activations/Slot/attention`` from the products of the tokens, which lie in
    /// ``Activations/normed``.
    func convolutionForward(_ layer: Int, tokens t: Int, _ kept: Activations.Slot, mix: () -> Void) {
        let d = configuration.width
        normalise(
            model.weights.layers[layer].attentionNorm, kept.input, activations.normed, kept.statistics, tokens: t)
        project(
            layer, [(.convIn, kept.qkv, activations.qkvWidth)], x: activations.normed, ldx: d, kept.low, tokens: t)
        gateProducts(kept, into: activations.normed, tokens: t)
        mix()
        addMixed(layer, .convOut, kept.attention, ldx: d, kept, tokens: t)
    }

    func convolutionBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer, needsInput: Bool
    ) {
        let d = configuration.width
        let t = tree.tokens.count
        let a = activations
        mixedBackward(layer, .convOut, kept.attention, ldx: d, kept, gradients, tokens: t)
        guard let kernel = model.weights.layers[layer].kernel else { return }
        gateProducts(kept, into: a.normed, tokens: t)
        let dKernel = weights?.kernelPlace(layer).map { gradients.pointer + $0.offset }
        kernel.weights.withUnsafeBufferPointer { weights in
            // Each thread has channels of its own, so that sums over tokens run in the tokens' order.
            columns(d) { columns in
                ck_gated_taps_backward(
                    Int64(t), Int64(d), Int64(columns.lowerBound), Int64(columns.count), Int64(kernel.taps),
                    weights.baseAddress, self.previousTokens, a.normed, kept.qkv, Int64(a.qkvWidth), a.dAttention,
                    a.dqkv, a.dNormed, dKernel)
            }
        }
        mixingBackward(layer, [(.convIn, a.dqkv, a.qkvWidth)], kept, gradients, tokens: t, needsInput: needsInput)
    }

    /// The products b ∘ x [T × d] of a layer whose b, c and x were kept.
    func gateProducts(_ kept: Activations.Slot, into products: UnsafeMutablePointer<Float>, tokens: Int) {
        let d = configuration.width
        let ld = activations.qkvWidth
        team.rows(tokens, grain: 8) { rows, _ in
            ck_gate_products(
                Int64(rows.count), Int64(d), kept.qkv + rows.lowerBound * ld, Int64(ld), products + rows.lowerBound * d,
                Int64(d))
        }
    }

    /// The gated sum of each row's taps. `find` points out the products of a row's last tokens, its own last, nil
    /// before its sequence began.
    func convolve(
        _ layer: Int, tokens: Int, _ kept: Activations.Slot,
        find: (_ row: Int, _ taps: inout [UnsafePointer<Float>?]) -> Void
    ) {
        guard let kernel = model.weights.layers[layer].kernel else { return }
        let d = configuration.width
        let ld = activations.qkvWidth
        kernel.weights.withUnsafeBufferPointer { weights in
            team.rows(tokens, grain: 4) { rows, _ in
                var taps = [UnsafePointer<Float>?](repeating: nil, count: kernel.taps)
                for row in rows {
                    find(row, &taps)
                    ck_gated_taps(
                        Int64(d), Int64(kernel.taps), weights.baseAddress, Int64(d), taps, kept.qkv + row * ld + d,
                        kept.attention + row * d)
                }
            }
        }
    }

    /// The same over a packed tree.
    func convolve(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        let d = configuration.width
        let products = activations.normed
        let previous = previousTokens
        convolve(layer, tokens: tree.tokens.count, kept) { row, taps in
            var token = row
            for tap in taps.indices.reversed() {
                taps[tap] = token < 0 ? nil : UnsafePointer(products + token * d)
                token = token < 0 ? -1 : Int(previous[token])
            }
        }
    }
}

extension TokenTree {
    /// The token before each of the stream in its own sequence; -1 where the sequence begins.
    var previous: [Int32] {
        var result = tokens.indices.map { Int32($0) - 1 }
        for tree in trees {
            for node in nodes[tree.nodes] where node.start < node.end {
                result[Int(node.start)] = node.parent < 0 ? -1 : nodes[tree.nodes.lowerBound + Int(node.parent)].end - 1
            }
        }
        return result
    }
}
