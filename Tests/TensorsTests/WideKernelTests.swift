import CKernels
import Tensors
import Testing

/// AVX-512 gives the bits of AVX2: a checkpoint goes on, and an answer stays the same, wherever it is computed next.
@Suite(.enabled(if: hasWideKernels(), "this processor has no AVX-512"))
struct WideKernelTests {
    /// Asserts that what `body` fills is the same at both levels.
    private func same(_ count: Int, _ what: String, _ body: (inout [Float]) -> Void) {
        defer { ck_cpu_set_level(-1) }
        let results = [Int32(1), 2].map { level in
            ck_cpu_set_level(level)
            var values = DecodeKernelTests.numbers(count, 99)
            body(&values)
            return values.map(\.bitPattern)
        }
        #expect(results[0] == results[1], "\(what)")
    }

    // Rows and columns around every size of a tile, depths around every block.
    @Test(arguments: [1, 5, 6, 7, 11, 12, 13, 29, 97, 200], [1, 15, 16, 17, 31, 32, 33, 47, 48, 100])
    func products(m: Int, n: Int) {
        for k in [1, 7, 160, 300] {
            let a = DecodeKernelTests.numbers(m * k, 1), b = DecodeKernelTests.numbers(n * k, 2)
            let (rows, columns, depth) = (Int64(m), Int64(n), Int64(k))
            for accumulate in [Int32(0), 1] {
                same(m * n, "\(m) × \(n) × \(k)") {
                    ck_gemm(rows, columns, depth, a, depth, 1, b, columns, &$0, columns, accumulate)
                }
                same(m * n, "\(m) × \(n) × \(k), transposed on the left") {
                    ck_gemm(rows, columns, depth, a, 1, rows, b, columns, &$0, columns, accumulate)
                }
                var panels = [Float](repeating: 0, count: (n + 15) / 16 * 16 * k)
                ck_pack_rows(columns, depth, b, depth, &panels)
                same(m * n, "\(m) × \(n) × \(k), packed") {
                    ck_gemm_packed(rows, columns, depth, a, depth, panels, &$0, columns, accumulate)
                }
            }
            var scratch = [Float](repeating: 0, count: Int(CK_TRANSPOSED_SCRATCH))
            same(m * n, "\(m) × \(n) × \(k), both packed") {
                ck_gemm_transposed(rows, columns, depth, a, rows, b, columns, &$0, columns, &scratch)
            }
        }
    }

    @Test(arguments: [StorageType.f32, .f16, .q8_0, .q4_0, .q4_1], [1, 2, 3, 4, 5, 6, 7, 8, 13, 70])
    func rowsOfAServingStep(type: StorageType, tokens: Int) {
        for (inner, outer) in [(96, 7), (352, 21), (64, 8)] {
            let weights = DecodeKernelTests.numbers(inner * outer, 1)
            let rowBytes = type.rowBytes(inner) ?? 0
            var stored = [UInt8](repeating: 0, count: rowBytes * outer)
            #expect(ck_quantize_row(type.rawValue, weights, Int64(weights.count), &stored) == 0)
            let x = DecodeKernelTests.numbers(inner * tokens, 2), bias = DecodeKernelTests.numbers(outer, 3)
            var scratch = [Float](repeating: 0, count: Int(CK_LINEAR_SCRATCH))
            stored.withUnsafeBytes { bytes in
                var matrix = ck_matrix(
                    data: bytes.baseAddress, row_bytes: Int64(rowBytes), out: Int64(outer), in: Int64(inner),
                    type: type.rawValue, block_size: Int32(type.blockSize), block_bytes: Int32(type.blockBytes),
                    interleaved_head: 0)
                same(tokens * outer, "\(type), \(tokens) tokens, \(outer) × \(inner)") {
                    ck_matvec(
                        &matrix, 0, Int64(outer), Int64(tokens), x, Int64(inner), &$0, Int64(outer), bias, 1, &scratch)
                }
                same(tokens * outer, "\(type), \(tokens) tokens, \(outer) × \(inner), panels") {
                    ck_linear_forward(
                        &matrix, 0, Int64(outer), Int64(tokens), x, Int64(inner), &$0, Int64(outer), bias, nil, 0,
                        &scratch)
                }
            }
        }
    }

    @Test(arguments: [(20, 3), (64, 3), (64, 1), (16, 2), (32, 4), (64, 7), (256, 4)])
    func attention(head: Int, group: Int) {
        let (stride, counts) = (2 * head + 8, [5, 1, 16, 14])
        let rows = counts.reduce(0, +)
        let keys = DecodeKernelTests.numbers(rows * stride, 1), values = DecodeKernelTests.numbers(rows * stride, 2)
        let queries = DecodeKernelTests.numbers(group * head, 3)
        var scratch = [Float](repeating: 0, count: group * (rows + 8))
        keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                var (first, spans) = (0, [ck_span]())
                for count in counts {
                    spans.append(
                        ck_span(
                            k: keys.baseAddress.map { $0 + first * stride },
                            v: values.baseAddress.map { $0 + first * stride }, count: Int64(count)))
                    first += count
                }
                same(group * head, "\(group) heads of \(head)") {
                    ck_attend_spans(
                        Int64(spans.count), spans, Int64(head), Int64(group), 0.125, Int64(stride), queries, &$0,
                        &scratch)
                }
            }
        }
    }

    // Any bytes are numbers of the type, NaN and infinity among them.
    @Test(arguments: StorageType.allCases)
    func storedNumbers(type: StorageType) {
        let count = 256 * 9
        let bytes = DecodeKernelTests.numbers(type.rowBytes(count) ?? 0, 5).map {
            UInt8(truncatingIfNeeded: Int($0 * 9999))
        }
        same(count, "\(type)") { values in
            _ = ck_dequantize_row(type.rawValue, bytes, Int64(count), &values)
            for index in values.indices where values[index].isNaN { values[index] = .nan }
        }
    }
}

private func hasWideKernels() -> Bool {
    defer { ck_cpu_set_level(-1) }
    return ck_cpu_set_level(2) == 2
}
