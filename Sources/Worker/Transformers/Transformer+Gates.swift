import CKernels
import Tensors

/// Attention whose sums are gated (Qwen 3.5): the projection of queries gives after each head's query its gate. Gates
/// are kept behind the values.
extension Transformer {
    /// The column of a row of queries, keys and values at which its gates begin.
    private var gateColumn: Int { configuration.queryWidth + 2 * configuration.keyWidth }

    /// Moves queries and gates from their pairs in ``Activations/own`` to their places in `rows`, or the gradients of
    /// `rows` to their pairs in ``Activations/dOwn``.
    func movePairs(_ rows: UnsafeMutablePointer<Float>, isApart: Bool, tokens: Int) {
        let c = configuration
        let a = activations
        let size = c.headSize
        team.rows(tokens, grain: 8) { range, _ in
            for t in range {
                let row = rows + t * a.qkvWidth
                for head in 0..<c.heads {
                    let (query, gate) = (row + head * size, row + self.gateColumn + head * size)
                    let pair = (isApart ? a.dOwn : a.own) + (t * c.heads + head) * 2 * size
                    if isApart {
                        pair.update(from: query, count: size)
                        (pair + size).update(from: gate, count: size)
                    } else {
                        query.update(from: pair, count: size)
                        gate.update(from: pair + size, count: size)
                    }
                }
            }
        }
    }

    /// What attention added up, gated, in ``Activations/own``; as it is where the family has no gates.
    func gated(_ kept: Activations.Slot, tokens: Int) -> UnsafePointer<Float> {
        let c = configuration
        guard c.gatedQueries else { return UnsafePointer(kept.attention) }
        let a = activations
        let n = c.queryWidth
        team.rows(tokens, grain: 8) { rows, _ in
            let first = rows.lowerBound
            ck_sigmoid_gate(
                Int64(rows.count), Int64(n), kept.attention + first * n, Int64(n),
                kept.qkv + first * a.qkvWidth + self.gateColumn, Int64(a.qkvWidth), a.own + first * n, Int64(n))
        }
        return UnsafePointer(a.own)
    }

    /// The gradients of what attention added up, in the place of those of what was gated, and of the gates.
    func gateBackward(_ kept: Activations.Slot, tokens: Int) {
        let a = activations
        let n = configuration.queryWidth
        team.rows(tokens, grain: 8) { rows, _ in
            let first = rows.lowerBound
            ck_sigmoid_gate_backward(
                Int64(rows.count), Int64(n), kept.attention + first * n, Int64(n),
                kept.qkv + first * a.qkvWidth + self.gateColumn, Int64(a.qkvWidth), a.dAttention + first * n, Int64(n),
                a.dqkv + first * a.qkvWidth + self.gateColumn, Int64(a.qkvWidth))
        }
    }
}
