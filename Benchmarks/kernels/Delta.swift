import CKernels
import Foundation
import Tensors

/// Microseconds that one head of the gated delta rule takes of one thread for each token, best of five: states of
/// 128 × 128 as in Qwen 3.5, forward and (with the states computed once more) backward.
func timeDeltaRule() throws {
    let (keys, values, tokens) = (128, 128, Int(CK_DELTA_TOKENS))
    let width = 2 * keys + values
    let rows = try numbers(tokens * width, 1)
    for index in 0..<tokens * width { rows.pointer[index] /= Float(keys).squareRoot() }
    let gates = try numbers(2 * tokens, 2)
    for index in 0..<2 * tokens { gates.pointer[index] = 0.9 + 0.05 * gates.pointer[index] }
    let (state, out) = (try FloatBuffer(keys * values), try FloatBuffer(tokens * values))
    let (dOut, dRows) = (try numbers(tokens * values, 3), try FloatBuffer(tokens * width))
    let (dGates, dState) = (try FloatBuffer(2 * tokens), try FloatBuffer(keys * values))
    let scratch = try FloatBuffer(Int(ck_delta_scratch(Int64(keys))))
    var head = ck_delta(
        tokens: Int64(tokens), keys: Int64(keys), values: Int64(values), q: rows.pointer, k: rows.pointer + keys,
        v: rows.pointer + 2 * keys, ld: Int64(width), alpha: gates.pointer, beta: gates.pointer + 1, ldg: 2)
    func best(_ body: () -> Void) -> Double {
        (0..<5).map { _ in
            let begin = threadSeconds()
            for _ in 0..<50 { body() }
            return (threadSeconds() - begin) * 1e6 / Double(50 * tokens)
        }.min() ?? 0
    }
    let forward = best {
        state.pointer.update(repeating: 0, count: keys * values)
        ck_delta_forward(&head, state.pointer, out.pointer, Int64(values))
    }
    state.pointer.update(repeating: 0, count: keys * values)
    let backward = best {
        dState.pointer.update(repeating: 0, count: keys * values)
        ck_delta_backward(
            &head, state.pointer, dOut.pointer, Int64(values), dState.pointer, dRows.pointer, dRows.pointer + keys,
            dRows.pointer + 2 * keys, Int64(width), dGates.pointer, dGates.pointer + 1, scratch.pointer)
    }
    print(String(format: "microseconds a token and head: %.2f forward, %.2f backward", forward, backward))
}
