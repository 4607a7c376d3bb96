import Foundation
import TestSupport
import Testing

/// Whatever cuts the daemon short, what it has said is done stays done. `make chaos` and `make powercut` do it at
/// length.
@Suite(.serialized)
struct OrdealTests {
    /// How often it is cut short, and by which seed.
    private static var kills: Int {
        ProcessInfo.processInfo.environment["FINETUNED_KILLS"].flatMap { Int($0) } ?? 6
    }
    private static var powerCuts: Int {
        ProcessInfo.processInfo.environment["FINETUNED_POWER_CUTS"].flatMap { Int($0) } ?? 5
    }
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["FINETUNED_ORDEAL_SEED"].flatMap { UInt64($0) } ?? 15
    }

    @Test func killsLoseNothing() async throws {
        try await Ordeal(.kill, seed: Self.seed).run(cuts: Self.kills)
    }

    @Test(.enabled(if: PowerCut.isPossible, "root and loop devices are needed"))
    func powerCutsLoseNothing() async throws {
        try await Ordeal(.power, seed: Self.seed).run(cuts: Self.powerCuts)
    }
}
