import Foundation
import Platform
import Synchronization
import Testing

/// Computations on all cores: what they give, and that they never wait for each other.
@Suite(.timeLimit(.minutes(10)))
struct ParallelTests {
    @Test(arguments: [0, 1, 63, 64, 65, 1000, 10_000]) func slicesComeInOrder(_ count: Int) {
        let slices = Parallel.slices(0..<count) { Array($0) }
        #expect(slices.flatMap { $0 } == Array(0..<count))
        #expect(slices.count == (count == 0 ? 0 : max(1, min(16, count / 64))), "the same on every machine")
    }

    @Test func theFirstSliceThatFailsIsTold() throws {
        struct Odd: Error, Equatable { var first: Int }
        #expect(throws: Odd(first: 500)) {
            try Parallel.slices(0..<1000, least: 100) { slice in
                if let first = slice.first, first >= 500 { throw Odd(first: first) }
            }
        }
    }

    @Test func manyComputationsInEachOtherEnd() async {
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    Parallel.slices(0..<64, least: 4) { outer in
                        outer.reduce(0) { sum, _ in
                            sum + Parallel.slices(0..<64, least: 4) { $0.count }.reduce(0, +)
                        }
                    }.reduce(0, +)
                }
            }
            return await group.reduce(0, +)
        }
        #expect(total == 16 * 64 * 64)
    }
}
