// The products of a training step beside SGEMM, on SmolLM2-135M's shapes, in one run:
//
//     swift build $(cat tools/build-flags) --product bench-kernels && .build/release/bench-kernels [TOKENS]
//     [THREADS]
//     .build/release/bench-kernels levels
//     .build/release/bench-kernels delta
//
// Every line is the best of several repetitions; the ratio is to OpenBLAS's SGEMM of the same shape with as many
// threads, in floats. `levels` has AVX2 and AVX-512 alternate on one thread and says whether their bits are the same;
// `delta` times the gated delta rule.
import CKernels
import Foundation
import Tensors

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let tokens = max(16, arguments.first ?? 1024)
let threads = max(1, arguments.dropFirst().first ?? 2)
let team = ThreadTeam(threads: threads)
let products = try Products(team: team)

/// A text in a column, on its right where `width` is positive.
func column(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? text + space : space + text
}

/// Numbers in ±1 from a counter.
func numbers(_ count: Int, _ stream: UInt64) throws -> FloatBuffer {
    let random = TensorRandom(seed: 1, stream: stream)
    let buffer = try FloatBuffer(count)
    for index in 0..<count { buffer.pointer[index] = 2 * random.uniform(UInt64(index)) - 1 }
    return buffer
}

/// Operations a second of the best repetition within about half a second.
func rate(_ operations: Double, _ body: () -> Void) -> Double {
    var best = Double.infinity
    let started = ContinuousClock.now
    var repetitions = 0
    repeat {
        let begin = ContinuousClock.now
        body()
        best = min(best, begin.duration(to: .now) / .seconds(1))
        repetitions += 1
    } while repetitions < 3 || started.duration(to: .now) < .milliseconds(500)
    return operations / best
}

/// A matrix [out × in] stored as `type`.
func matrix(_ out: Int, _ inner: Int, _ type: StorageType) throws -> WeightMatrix {
    let values = try numbers(out * inner, 7)
    guard type != .f32, let rowBytes = type.rowBytes(inner) else {
        return WeightMatrix(values, offset: 0, out: out, in: inner)
    }
    let stored = try FloatBuffer((out * rowBytes + 3) / 4)
    _ = ck_quantize_row(type.rawValue, values.pointer, Int64(out * inner), UnsafeMutableRawPointer(stored.pointer))
    let bytes = UnsafeRawBufferPointer(start: stored.pointer, count: out * rowBytes)
    return WeightMatrix(StoredTensor(name: "w", shape: [out, inner], type: type, bytes: bytes, owner: stored))
}

if CommandLine.arguments.dropFirst().first == "levels" {
    try compareLevels()
    exit(0)
}
if CommandLine.arguments.dropFirst().first == "delta" {
    try timeDeltaRule()
    exit(0)
}
print(
    """
    \(tokens) tokens, \(threads) threads, BLAS core \(BLAS.core), kernels \
    \(KernelLevel.name); GFLOP/s and ratio to SGEMM
    """
)
print(
    column("out × in", 14) + column("SGEMM", 8)
        + ["forward Q4_1", "input gradient Q4_1", "weight gradient", "forward F32"].map { column($0, 22) }.joined())
var sums = [Double](repeating: 0, count: 5)
for (out, inner) in [(576, 576), (192, 576), (1536, 576), (576, 1536), (49_152, 576)] {
    // The output projection meets labelled tokens only.
    let rows = out > 10_000 ? min(tokens, 240) : tokens
    let x = try numbers(rows * inner, 1)
    let y = try numbers(rows * out, 2)
    let dw = try FloatBuffer(out * inner)
    let plain = try matrix(out, inner, .f32)
    let quantised = try matrix(out, inner, .q4_1)
    let operations = 2 * Double(rows) * Double(out) * Double(inner)
    let weights = try numbers(out * inner, 3)
    let rates = [
        rate(operations) { BLAS.multiply(rows, out, inner, x.pointer, weights.pointer, y.pointer, threads: threads) },
        rate(operations) {
            products.forward([.init(quantised, y.pointer, ldy: out)], x: x.pointer, ldx: inner, tokens: rows)
        },
        rate(operations) {
            products.inputGradient(
                [.init(quantised, dy: y.pointer, lddy: out)], dx: x.pointer, lddx: inner, tokens: rows)
        },
        rate(operations) {
            products.weightGradient(
                [.init(dy: y.pointer, lddy: out, out: out, dw: dw.pointer)], x: x.pointer, ldx: inner, inner: inner,
                tokens: rows)
        },
        rate(operations) {
            products.forward([.init(plain, y.pointer, ldy: out)], x: x.pointer, ldx: inner, tokens: rows)
        },
    ]
    for (index, rate) in rates.enumerated() { sums[index] += operations / rate }
    print(
        column("\(out) × \(inner)", 14) + column(String(format: "%.0f", rates[0] / 1e9), 8)
            + rates.dropFirst().map { column(String(format: "%.0f  %.2f", $0 / 1e9, $0 / rates[0]), 22) }.joined())
}
print(
    column("all", 14) + column("", 8)
        + sums.dropFirst().map { column(String(format: "%.2f", sums[0] / $0), 22) }.joined())
