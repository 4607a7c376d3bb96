import CKernels
import Testing

/// Products have the same bits in every vector width, and in parts as in one.
struct ProductKernelTests {
    private func numbers(_ count: Int, _ seed: UInt64) -> [Float] { DecodeKernelTests.numbers(count, seed) }

    private func packed(_ level: Int, _ m: Int, _ n: Int, _ k: Int, _ join: Int32) -> [Float] {
        ck_cpu_set_level(Int32(level))
        let (a, b) = (numbers(m * k, 1), numbers(n * k, 2))
        var panels = [Float](repeating: 0, count: (n + 15) / 16 * 16 * k)
        ck_pack_rows(Int64(n), Int64(k), b, Int64(k), &panels)
        var c = numbers(m * (n + 3), 3)
        ck_gemm_packed(Int64(m), Int64(n), Int64(k), a, Int64(k), panels, &c, Int64(n + 3), join)
        return c
    }

    private func plain(_ level: Int, _ m: Int, _ n: Int, _ k: Int, _ join: Int32, transposed: Bool) -> [Float] {
        ck_cpu_set_level(Int32(level))
        let (a, b) = (numbers(m * k, 4), numbers(n * k, 5))
        var c = numbers(m * (n + 3), 6)
        let (rows, columns) = transposed ? (1, m) : (k, 1)
        ck_gemm(
            Int64(m), Int64(n), Int64(k), a, Int64(rows), Int64(columns), b, Int64(n), &c, Int64(n + 3), join)
        return c
    }

    @Test(arguments: [(1, 16, 5), (6, 32, 64), (13, 50, 33), (7, 96, 161), (18, 33, 320), (5, 7, 1)])
    func theWidthOfVectorsChangesNoBit(m: Int, n: Int, k: Int) {
        defer { ck_cpu_set_level(-1) }
        for join in [Int32(0), 1] {
            let expected = packed(1, m, n, k, join)
            #expect(packed(2, m, n, k, join) == expected)
            for transposed in [false, true] {
                #expect(
                    plain(2, m, n, k, join, transposed: transposed) == plain(1, m, n, k, join, transposed: transposed))
            }
        }
        let exact = packed(0, m, n, k, 0)
        for (found, value) in zip(packed(2, m, n, k, 0), exact) { #expect(abs(found - value) < 1e-4) }
    }

    @Test(arguments: [0, 1, 2])
    func partsHaveTheBitsOfTheWhole(level: Int) {
        ck_cpu_set_level(Int32(level))
        defer { ck_cpu_set_level(-1) }
        let (m, n, k) = (5, 21, 70)
        let (a, b) = (numbers(m * k, 7), numbers(n * k, 8))
        func product(_ cuts: [Int]) -> [Float] {
            var c = [Float](repeating: 9, count: m * n)
            for (index, part) in zip(cuts, cuts.dropFirst()).enumerated() {
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        guard let a = a.baseAddress, let b = b.baseAddress else { return }
                        ck_gemm(
                            Int64(m), Int64(n), Int64(part.1 - part.0), a + part.0, Int64(k), 1, b + part.0 * n,
                            Int64(n), &c, Int64(n), index == 0 ? 0 : 2)
                    }
                }
            }
            return c
        }
        let whole = product([0, k])
        #expect(product([0, 1, 3, 40, k]) == whole)
        #expect(product([0, 69, k]) == whole)
    }
}
