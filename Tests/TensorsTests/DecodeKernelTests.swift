import CKernels
import Tensors
import Testing

/// The kernels of decoding against plain sums in double precision, in every variant that the machine has.
struct DecodeKernelTests {
    static func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 33)) / Float(1 << 30) - 1
        }
    }

    @Test(arguments: [StorageType.f32, .f16, .bf16, .q8_0, .q4_0, .q4_1], [0, 1, 2])
    func matrixTimesFewTokens(type: StorageType, level: Int) {
        ck_cpu_set_level(Int32(level))
        defer { ck_cpu_set_level(-1) }
        let (inner, outer, tokens) = (96, 13, 9)
        let weights = Self.numbers(inner * outer, 1)
        var stored = [UInt8](repeating: 0, count: (type.rowBytes(inner) ?? 0) * outer)
        #expect(ck_quantize_row(type.rawValue, weights, Int64(weights.count), &stored) == 0)
        var floats = [Float](repeating: 0, count: weights.count)
        #expect(ck_dequantize_row(type.rawValue, stored, Int64(weights.count), &floats) == 0)
        let x = Self.numbers(inner * tokens, 2)
        let bias = Self.numbers(outer, 3)
        var scratch = [Float](repeating: 0, count: Int(CK_LINEAR_SCRATCH))
        var alone: [Float] = []
        stored.withUnsafeBytes { bytes in
            var matrix = ck_matrix(
                data: bytes.baseAddress, row_bytes: Int64(type.rowBytes(inner) ?? 0), out: Int64(outer),
                in: Int64(inner),
                type: type.rawValue, block_size: Int32(type.blockSize), block_bytes: Int32(type.blockBytes),
                interleaved_head: 0)
            for m in 1...tokens {
                var y = [Float](repeating: 1, count: m * outer)
                ck_matvec(&matrix, 2, 11, Int64(m), x, Int64(inner), &y, Int64(outer), bias, 1, &scratch)
                for t in 0..<m {
                    for r in 0..<11 {
                        var exact = 1 + Double(bias[r + 2])
                        for i in 0..<inner { exact += Double(floats[(r + 2) * inner + i]) * Double(x[t * inner + i]) }
                        #expect(abs(Double(y[t * outer + r]) - exact) < 2e-5)
                    }
                    #expect(y[t * outer + 11] == 1)
                }
                // A token's sums are the same bits whichever tokens share the call.
                if m == 1 { alone = y }
                #expect(Array(y[..<outer]) == alone)
            }
        }
    }

    @Test(arguments: [0, 1, 2], [(20, 3), (64, 3), (64, 1), (16, 2), (32, 4), (64, 7), (16, 8)])
    func attentionOverSpans(level: Int, shape: (head: Int, group: Int)) {
        ck_cpu_set_level(Int32(level))
        defer { ck_cpu_set_level(-1) }
        let (head, group) = shape
        let (stride, counts) = (2 * head + 8, [5, 1, 14])
        let rows = counts.reduce(0, +)
        let cache = Self.numbers(rows * stride, 4)
        let q = Self.numbers(head * group, 5)
        var out = [Float](repeating: 0, count: head * group)
        var scratch = [Float](repeating: 0, count: group * (rows + 8))
        cache.withUnsafeBufferPointer { cache in
            guard let base = cache.baseAddress else { return }
            var start = 0
            let spans = counts.map { count in
                defer { start += count }
                return ck_span(k: base + start * stride, v: base + start * stride + head + 4, count: Int64(count))
            }
            ck_attend_spans(3, spans, Int64(head), Int64(group), 0.3, Int64(stride), q, &out, &scratch)
        }
        for g in 0..<group {
            let scores = (0..<rows).map { row in
                (0..<head).reduce(0.0) { $0 + Double(q[g * head + $1]) * Double(cache[row * stride + $1]) } * 0.3
            }
            let most = scores.max() ?? 0
            let weights = scores.map { exponential($0 - most) }
            let total = weights.reduce(0, +)
            for j in 0..<head {
                let exact = (0..<rows).reduce(0.0) {
                    $0 + weights[$1] / total * Double(cache[$1 * stride + head + 4 + j])
                }
                #expect(abs(Double(out[g * head + j]) - exact) < 1e-5)
            }
        }
    }

    /// e^x by its series, so that the reference shares nothing with the kernel.
    func exponential(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for n in 1..<60 {
            term *= (x / 16) / Double(n)
            sum += term
        }
        return (0..<4).reduce(sum) { value, _ in value * value }
    }

    @Test(arguments: [0, 1, 2])
    func largestOfMany(level: Int) {
        ck_cpu_set_level(Int32(level))
        defer { ck_cpu_set_level(-1) }
        var x = Self.numbers(1003, 6)
        x[1001] = 5
        #expect(ck_argmax(1003, x) == 1001)
        x[77] = 5
        #expect(ck_argmax(1003, x) == 77)
        x[3] = .nan
        #expect(ck_argmax(1003, x) == 77)
        #expect(ck_argmax(3, [1, 2, 2]) == 1)
        #expect(ck_argmax(9, [Float](repeating: -.infinity, count: 9)) == 0)
    }
}
