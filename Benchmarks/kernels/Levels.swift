import CKernels
import Foundation
import Tensors

/// Billions of products a second of AVX2 and AVX-512, in turn on one thread, best of five: weights of 1536 × 576.
func compareLevels() throws {
    defer { ck_cpu_set_level(-1) }
    guard ck_cpu_set_level(2) == 2 else {
        print("This processor has no AVX-512.")
        return
    }
    print("kernel   weights  tokens     avx2   avx512    ratio")
    let (out, inner) = (1536, 576)
    for type in [StorageType.q4_1, .q8_0] {
        let weights = try matrix(out, inner, type)
        var stored = weights.kernel
        let scratch = try FloatBuffer(Int(CK_LINEAR_SCRATCH))
        for (name, counts) in [("rows", [1, 4, 16, 64]), ("panels", [16, 64, 512])] {
            for tokens in counts {
                let x = try numbers(tokens * inner, 1)
                var results: [[Float]] = []
                var best = [Double](repeating: 0, count: 3)
                for _ in 0..<5 {
                    results = []
                    for level in [1, 2] {
                        ck_cpu_set_level(Int32(level))
                        let y = try FloatBuffer(tokens * out)
                        let rate = products(tokens * out * inner) {
                            for first in stride(from: 0, to: out, by: 192) {
                                let (row, count) = (Int64(first), Int64(192))
                                let (m, ldx, ldy) = (Int64(tokens), Int64(inner), Int64(out))
                                if name == "rows" {
                                    ck_matvec(
                                        &stored, row, count, m, x.pointer, ldx, y.pointer + first, ldy, nil, 0,
                                        scratch.pointer)
                                } else {
                                    ck_linear_forward(
                                        &stored, row, count, m, x.pointer, ldx, y.pointer + first, ldy, nil, nil, 0,
                                        scratch.pointer)
                                }
                            }
                        }
                        best[level] = max(best[level], rate)
                        results.append(Array(UnsafeBufferPointer(start: y.pointer, count: tokens * out)))
                    }
                }
                let same = results[0].map(\.bitPattern) == results[1].map(\.bitPattern)
                print(
                    column(name, -9) + column(type.label, -7) + column("\(tokens)", 8)
                        + column(String(format: "%.1f", best[1]), 9) + column(String(format: "%.1f", best[2]), 9)
                        + column(String(format: "%.2f", best[2] / best[1]), 9)
                        + (same ? "  the same bits" : "  OTHER BITS"))
            }
        }
    }
}

/// Billions of products a second of this thread's own time.
private func products(_ count: Int, _ body: () -> Void) -> Double {
    let begin = threadSeconds()
    var repetitions = 0
    repeat {
        body()
        repetitions += 1
    } while threadSeconds() - begin < 0.05
    return Double(count * repetitions) / (threadSeconds() - begin) / 1e9
}

/// Seconds that this thread has worked.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
