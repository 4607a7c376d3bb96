import CKernels
import Testing

@testable import Tensors

/// Products of many tokens against plain sums in double precision: edges of every block size, quantised weights,
/// adapters, biases.
struct ProductsTests {
    final class Bytes: Sendable {
        nonisolated(unsafe) let all: UnsafeMutableRawBufferPointer
        init(_ count: Int) { all = .allocate(byteCount: count, alignment: 64) }
        deinit { all.deallocate() }
    }

    /// A matrix of the type, and its numbers as the type holds them.
    func matrix(_ type: StorageType, out: Int, in inner: Int, bias: [Float]? = nil) throws -> (WeightMatrix, [Float]) {
        let numbers = DecodeKernelTests.numbers(out * inner, 7)
        let bytes = Bytes((type.rowBytes(inner) ?? 0) * out)
        let stored = try #require(bytes.all.baseAddress)
        try #require(ck_quantize_row(type.rawValue, numbers, Int64(numbers.count), stored) == 0)
        var floats = [Float](repeating: 0, count: numbers.count)
        try #require(ck_dequantize_row(type.rawValue, stored, Int64(numbers.count), &floats) == 0)
        return (
            WeightMatrix(
                StoredTensor(
                    name: "w", shape: [out, inner], type: type, bytes: UnsafeRawBufferPointer(bytes.all), owner: bytes),
                bias: bias), floats
        )
    }

    @Test(arguments: [StorageType.f32, .bf16, .q4_1, .q8_0], [(13, 96, 7), (160, 352, 29), (33, 64, 200)])
    func aProductAndItsGradientAreThePlainSums(type: StorageType, shape: (out: Int, inner: Int, tokens: Int)) throws {
        let (out, inner, tokens) = shape
        let rank = 3
        let bias = DecodeKernelTests.numbers(out, 8)
        let (weights, w) = try matrix(type, out: out, in: inner, bias: bias)
        let x = DecodeKernelTests.numbers(tokens * inner, 9), low = DecodeKernelTests.numbers(tokens * rank, 10)
        let factor = DecodeKernelTests.numbers(out * rank, 11),
            inputFactor = DecodeKernelTests.numbers(inner * rank, 12)
        let dy = DecodeKernelTests.numbers(tokens * out, 13)
        var y = [Float](repeating: 5, count: tokens * out), dx = [Float](repeating: 5, count: tokens * inner)
        let products = try Products(team: ThreadTeam(threads: 2))
        low.withUnsafeBufferPointer { low in
            factor.withUnsafeBufferPointer { factor in
                guard let rows = low.baseAddress, let b = factor.baseAddress else { return }
                y.withUnsafeMutableBufferPointer {
                    guard let y = $0.baseAddress else { return }
                    products.forward(
                        [.init(weights, y, ldy: out, low: LowRank(rows: rows, stride: rank, factor: b, rank: rank))],
                        x: x, ldx: inner, tokens: tokens)
                }
            }
            inputFactor.withUnsafeBufferPointer { factor in
                guard let rows = low.baseAddress, let a = factor.baseAddress else { return }
                dx.withUnsafeMutableBufferPointer { dx in
                    dy.withUnsafeBufferPointer { dy in
                        guard let dx = dx.baseAddress, let dy = dy.baseAddress else { return }
                        products.inputGradient(
                            [
                                .init(
                                    weights, dy: dy, lddy: out,
                                    low: LowRank(rows: rows, stride: rank, factor: a, rank: rank))
                            ], dx: dx, lddx: inner, tokens: tokens)
                    }
                }
            }
        }
        for t in 0..<tokens {
            for o in 0..<out {
                var exact = Double(bias[o])
                for i in 0..<inner { exact += Double(w[o * inner + i]) * Double(x[t * inner + i]) }
                for r in 0..<rank { exact += Double(low[t * rank + r]) * Double(factor[o * rank + r]) }
                #expect(abs(Double(y[t * out + o]) - exact) < 1e-4)
            }
            for i in 0..<inner {
                var exact = 0.0
                for o in 0..<out { exact += Double(w[o * inner + i]) * Double(dy[t * out + o]) }
                for r in 0..<rank { exact += Double(low[t * rank + r]) * Double(inputFactor[i * rank + r]) }
                #expect(abs(Double(dx[t * inner + i]) - exact) < 1e-4)
            }
        }
    }

    @Test func weightGradientsAddUp() throws {
        let (out, inner, tokens) = (101, 37, 300)
        let x = DecodeKernelTests.numbers(tokens * inner, 1), dy = DecodeKernelTests.numbers(tokens * out, 2)
        var dw = [Float](repeating: 1, count: out * inner)
        let products = try Products(team: ThreadTeam(threads: 2))
        dy.withUnsafeBufferPointer { dy in
            dw.withUnsafeMutableBufferPointer { dw in
                guard let dy = dy.baseAddress, let dw = dw.baseAddress else { return }
                products.weightGradient(
                    [.init(dy: dy, lddy: out, out: out, dw: dw)], x: x, ldx: inner, inner: inner, tokens: tokens)
            }
        }
        for o in 0..<out {
            for i in 0..<inner {
                let exact = (0..<tokens).reduce(1.0) { $0 + Double(dy[$1 * out + o]) * Double(x[$1 * inner + i]) }
                #expect(abs(Double(dw[o * inner + i]) - exact) < 1e-4)
            }
        }
    }
}
