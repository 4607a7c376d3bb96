import CKernels
import Tensors

/// Layers that mix tokens by the gated delta rule in place of attention (Yang et al. 2024, as Qwen 3.5 has it).
///
/// Four projections give of each token queries, keys and values side by side, which a short convolution and SiLU pass,
/// gates of the output, and each head's rate and decay. What an answer needs of the tokens before are the heads' states
/// and the convolution's last inputs. Source: transformers `Qwen3_5GatedDeltaNet`.
extension Transformer {
    /// What such a layer makes of its inputs and does not keep, or the gradients of that: `tokens` rows of each.
    struct DeltaRows {
        /// Queries and keys of unit length, queries scaled, and values [T × mixedWidth].
        let mixed: UnsafeMutablePointer<Float>
        /// α of all heads, then β [T × 2·heads].
        let gates: UnsafeMutablePointer<Float>
        /// One over the lengths that queries and keys had [T × 2·key heads].
        let lengths: UnsafeMutablePointer<Float>
        /// The output, normalised and gated [T × valueWidth].
        let gated: UnsafeMutablePointer<Float>

        init(_ start: UnsafeMutablePointer<Float>, _ rule: DeltaRule, tokens: Int) {
            mixed = start
            gates = mixed + tokens * rule.mixedWidth
            lengths = gates + tokens * 2 * rule.valueHeads
            gated = lengths + tokens * 2 * rule.keyHeads
        }
    }

    /// What transformers and FLA add under the root of a length.
    static let lengthEpsilon: Float = 1e-6

    /// Where the projections of a layer stand in a row of ``Activations/Slot/qkv``, or of its gradient.
    private func parts(_ rule: DeltaRule, _ rows: UnsafeMutablePointer<Float>) -> [(
        Projection, UnsafeMutablePointer<Float>, ld: Int
    )] {
        let ld = activations.qkvWidth
        let rates = rows + rule.mixedWidth + rule.valueWidth
        return [
            (.deltaIn, rows, ld), (.deltaGate, rows + rule.mixedWidth, ld), (.deltaRate, rates, ld),
            (.deltaDecay, rates + rule.valueHeads, ld),
        ]
    }

    /// Middle residual: xm = x + (norm(rule(norm(x))) ∘ silu(z)) · Woutᵀ.
    ///
    /// `taps` points out the inputs of a row's last tokens, its own last, nil before its sequence began; `recur` fills
    /// ``Activations/Slot/attention`` by ``head(_:_:row:count:)``.
    func deltaForward(
        _ layer: Int, tokens t: Int, _ kept: Activations.Slot,
        taps: (_ row: Int, _ taps: inout [UnsafePointer<Float>?]) -> Void, recur: (DeltaRule, DeltaRows) -> Void
    ) {
        guard let rule = configuration.delta else { return }
        let weights = model.weights.layers[layer]
        normalise(weights.attentionNorm, kept.input, activations.normed, kept.statistics, tokens: t)
        project(
            layer, parts(rule, kept.qkv), x: activations.normed, ldx: configuration.width, kept.low, tokens: t)
        let rows = prepareDelta(layer, rule, kept, tokens: t, taps: taps)
        recur(rule, rows)
        gateDelta(layer, rule, rows, kept, tokens: t)
        addMixed(layer, .deltaOut, rows.gated, ldx: rule.valueWidth, kept, tokens: t)
    }

    /// Convolves the inputs, makes queries and keys of unit length, and computes rates and decays.
    private func prepareDelta(
        _ layer: Int, _ rule: DeltaRule, _ kept: Activations.Slot, tokens: Int,
        taps: (_ row: Int, _ taps: inout [UnsafePointer<Float>?]) -> Void
    ) -> DeltaRows {
        let rows = DeltaRows(activations.own, rule, tokens: tokens)
        guard let kernel = model.weights.layers[layer].kernel, let decay = model.weights.layers[layer].decay else {
            return rows
        }
        let ld = activations.qkvWidth
        let (width, heads) = (rule.mixedWidth, Int64(rule.keyHeads))
        let rates = kept.qkv + width + rule.valueWidth
        kernel.weights.withUnsafeBufferPointer { weights in
            team.rows(tokens, grain: 4) { range, _ in
                var found = [UnsafePointer<Float>?](repeating: nil, count: kernel.taps)
                for row in range {
                    taps(row, &found)
                    let mixed = rows.mixed + row * width
                    ck_silu_taps(
                        Int64(width), Int64(kernel.taps), weights.baseAddress, Int64(width), found, mixed)
                    let lengths = rows.lengths + row * 2 * rule.keyHeads
                    ck_unit_heads(
                        1, heads, Int64(rule.keySize), 1 / Float(rule.keySize).squareRoot(), Self.lengthEpsilon, mixed,
                        Int64(width), lengths, 2 * heads)
                    ck_unit_heads(
                        1, heads, Int64(rule.keySize), 1, Self.lengthEpsilon, mixed + rule.keyWidth, Int64(width),
                        lengths + rule.keyHeads, 2 * heads)
                    ck_delta_gates(
                        1, Int64(rule.valueHeads), rates + row * ld, rates + row * ld + rule.valueHeads, Int64(ld),
                        decay.rate, decay.bias, rows.gates + row * 2 * rule.valueHeads, Int64(2 * rule.valueHeads))
                }
            }
        }
        return rows
    }

    /// The output of the rule, each head normalised and gated.
    private func gateDelta(
        _ layer: Int, _ rule: DeltaRule, _ rows: DeltaRows, _ kept: Activations.Slot, tokens: Int
    ) {
        guard let norm = model.weights.layers[layer].mixedNorm else { return }
        let (width, ld) = (rule.valueWidth, activations.qkvWidth)
        team.rows(tokens, grain: 4) { range, _ in
            let first = range.lowerBound
            ck_gated_norm(
                Int64(range.count), Int64(rule.valueHeads), Int64(rule.valueSize), kept.attention + first * width,
                Int64(width), kept.qkv + first * ld + rule.mixedWidth, Int64(ld), norm.weight,
                self.configuration.epsilon, rows.gated + first * width, Int64(width))
        }
    }

    /// What the kernel needs to know of one head of values over `count` successive rows.
    func head(_ head: Int, _ rule: DeltaRule, _ rows: DeltaRows, row: Int, count: Int) -> ck_delta {
        let keys = (rule.isTiled ? head % rule.keyHeads : head / rule.group) * rule.keySize
        let mixed = rows.mixed + row * rule.mixedWidth
        let gates = rows.gates + row * 2 * rule.valueHeads
        return ck_delta(
            tokens: Int64(count), keys: Int64(rule.keySize), values: Int64(rule.valueSize), q: mixed + keys,
            k: mixed + rule.keyWidth + keys, v: mixed + 2 * rule.keyWidth + head * rule.valueSize,
            ld: Int64(rule.mixedWidth), alpha: gates + head, beta: gates + rule.valueHeads + head,
            ldg: Int64(2 * rule.valueHeads))
    }

    /// The same rows' outputs, into ``Activations/Slot/attention``; `state` is that before them, then that after.
    func recur(
        _ index: Int, _ rule: DeltaRule, _ rows: DeltaRows, row: Int, count: Int, _ state: UnsafeMutablePointer<Float>,
        _ kept: Activations.Slot
    ) {
        var head = head(index, rule, rows, row: row, count: count)
        ck_delta_forward(
            &head, state, kept.attention + row * rule.valueWidth + index * rule.valueSize, Int64(rule.valueWidth))
    }

    /// A layer over a packed tree.
    func deltaForward(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        deltaForward(layer, tokens: tree.tokens.count, kept, taps: { self.taps($0, kept, &$1) }) { rule, rows in
            self.recurTree(layer, tree, rule, rows, kept)
        }
    }

    /// The inputs of a row's last tokens in a packed tree.
    private func taps(_ row: Int, _ kept: Activations.Slot, _ taps: inout [UnsafePointer<Float>?]) {
        var token = row
        for tap in taps.indices.reversed() {
            taps[tap] = token < 0 ? nil : UnsafePointer(kept.qkv + token * activations.qkvWidth)
            token = token < 0 ? -1 : Int(previousTokens[token])
        }
    }

    func deltaBackward(
        _ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot, _ gradients: FloatBuffer, needsInput: Bool
    ) {
        guard let rule = configuration.delta else { return }
        let t = tree.tokens.count
        let a = activations
        let rows = prepareDelta(layer, rule, kept, tokens: t) { self.taps($0, kept, &$1) }
        gateDelta(layer, rule, rows, kept, tokens: t)
        mixedBackward(layer, .deltaOut, rows.gated, ldx: rule.valueWidth, kept, gradients, tokens: t)
        gateDeltaBackward(layer, rule, kept, gradients, tokens: t)
        let dRows = DeltaRows(a.dOwn, rule, tokens: t)
        recurTreeBackward(tree, rule, rows, dRows)
        deltaInputsBackward(layer, rule, rows, dRows, kept, gradients, tokens: t)
        mixingBackward(layer, parts(rule, a.dqkv), kept, gradients, tokens: t, needsInput: needsInput)
    }

    /// The gradients of the rule's output, in ``Activations/dAttention``, and of the gates, from those of both.
    private func gateDeltaBackward(
        _ layer: Int, _ rule: DeltaRule, _ kept: Activations.Slot, _ gradients: FloatBuffer, tokens: Int
    ) {
        guard let norm = model.weights.layers[layer].mixedNorm else { return }
        let a = activations
        let (width, ld) = (rule.valueWidth, a.qkvWidth)
        let place = weights?.place(layer, .mixed).map { gradients.pointer + $0.offset }
        func run(_ range: Range<Int>) {
            let first = range.lowerBound
            ck_gated_norm_backward(
                Int64(range.count), Int64(rule.valueHeads), Int64(rule.valueSize), kept.attention + first * width,
                Int64(width), kept.qkv + first * ld + rule.mixedWidth, Int64(ld), norm.weight, configuration.epsilon,
                a.dAttention + first * width, Int64(width), a.dqkv + first * ld + rule.mixedWidth, Int64(ld), place)
        }
        // Sums over tokens run in the tokens' order.
        if place != nil { return run(0..<tokens) }
        team.rows(tokens, grain: 4) { range, _ in run(range) }
    }

    /// The gradients of the projections' outputs, from those of what the rule was given.
    private func deltaInputsBackward(
        _ layer: Int, _ rule: DeltaRule, _ rows: DeltaRows, _ dRows: DeltaRows, _ kept: Activations.Slot,
        _ gradients: FloatBuffer, tokens: Int
    ) {
        guard let kernel = model.weights.layers[layer].kernel, let decay = model.weights.layers[layer].decay else {
            return
        }
        let a = activations
        let (width, ld, heads) = (rule.mixedWidth, a.qkvWidth, Int64(rule.valueHeads))
        let rates = width + rule.valueWidth
        team.rows(tokens, grain: 4) { range, _ in
            let (first, n) = (range.lowerBound, Int64(range.count))
            for (column, scale, place) in [
                (0, 1 / Float(rule.keySize).squareRoot(), 0), (rule.keyWidth, 1, rule.keyHeads),
            ] {
                ck_unit_heads_backward(
                    n, Int64(rule.keyHeads), Int64(rule.keySize), scale, rows.mixed + first * width + column,
                    Int64(width), rows.lengths + first * 2 * rule.keyHeads + place, Int64(2 * rule.keyHeads),
                    dRows.mixed + first * width + column, Int64(width))
            }
            let (own, dOwn) = (kept.qkv + first * ld + rates, a.dqkv + first * ld + rates)
            ck_delta_gates_backward(
                n, heads, own, own + rule.valueHeads, Int64(ld), decay.rate, decay.bias,
                dRows.gates + first * 2 * rule.valueHeads, 2 * heads, dOwn, dOwn + rule.valueHeads, Int64(ld))
        }
        if let place = weights?.decayPlace(layer) {
            ck_delta_decay_gradient(
                Int64(tokens), heads, kept.qkv + rates + rule.valueHeads, Int64(ld), decay.rate, decay.bias,
                dRows.gates, 2 * heads, a.dqkv + rates + rule.valueHeads, Int64(ld),
                gradients.pointer + place.rate.offset, gradients.pointer + place.bias.offset)
        }
        let dKernel = weights?.kernelPlace(layer).map { gradients.pointer + $0.offset }
        kernel.weights.withUnsafeBufferPointer { weights in
            // Each thread has channels of its own, so that sums over tokens run in the tokens' order.
            columns(width) { columns in
                ck_silu_taps_backward(
                    Int64(tokens), Int64(columns.lowerBound), Int64(columns.count), Int64(kernel.taps),
                    weights.baseAddress, Int64(width), self.previousTokens, kept.qkv, Int64(ld), dRows.mixed,
                    Int64(width), a.dqkv, Int64(ld), dKernel)
            }
        }
    }
}
