import Foundation
import Nouns
import TestSupport
import Testing

extension FaultTests {
    /// A disk that gives errors, made by `strace`, which answers the daemon's system calls with EIO for a while.
    @Suite struct FailingDiskTests {
        /// Lets system calls of the daemon and of its workers fail until it is told to leave.
        ///
        /// - Parameter paths: the files whose calls fail; none: all of them.
        private func fail(_ calls: String, of paths: [String] = [], _ scene: FaultScene) async throws -> ChildProgram {
            let pid = try #require(scene.daemon?.pid)
            let output = scene.sandbox.root + "/strace.log"
            let only = paths.flatMap { ["-P", $0] }
            let tracer = try ChildProgram(
                "strace", ["-f", "-p", "\(pid)"] + only + ["-e", "trace=\(calls)", "-e", "inject=\(calls):error=EIO"],
                output: output)
            try #require(try await TestSupport.eventually { tracer.output.contains("attached") }, "\(tracer.output)")
            return tracer
        }

        private func heal(_ tracer: ChildProgram) async throws {
            tracer.signal(SIGKILL)
            _ = try await tracer.wait(seconds: 60)
        }

        @Test(
            .enabled(if: isRoot),
            arguments: ["drop", "starts training", "evaluation starts"])
        func aLedgerThatCannotBeWrittenIsTriedAgain(moment: String) async throws {
            try await goOn(moment) { scene in
                let ledger = scene.sandbox.layout.ledger
                return try await fail("pwrite64,fsync,fdatasync", of: [ledger, ledger + "-wal"], scene)
            }
        }

        @Test(
            .enabled(if: isRoot),
            arguments: ["drop", "starts training", "evaluation starts"])
        func whatCannotBeMadeDurableIsTriedAgain(moment: String) async throws {
            try await goOn(moment) { try await fail("fsync,fdatasync", $0) }
        }

        /// Breaks the disk at a moment, sees that the daemon says so, heals it, and sees all done once.
        private func goOn(_ moment: String, breaking: (FaultScene) async throws -> ChildProgram) async throws {
            let scene = try FaultScene()
            scene.pace = 50
            try scene.start()
            try await scene.addBase()
            if moment != "drop" {
                try scene.drop()
                try await scene.wait(for: moment)
            }
            let tracer = try await breaking(scene)
            if moment == "drop" { try scene.drop() }
            let isSaid = try await TestSupport.eventually {
                guard let status = try? await scene.status() else { return false }
                return status.health == "degraded"
                    && status.problems.contains { ["ledger.io", "disk.error"].contains($0.code) }
            }
            #expect(isSaid, "\(scene.log)")
            try await heal(tracer)
            try await scene.waitUntilDelivered()
            let isHealthy = try await TestSupport.eventually { (try? await scene.status().health) == "ok" }
            #expect(isHealthy, "\(scene.log)")
            #expect(scene.count("evaluation starts") == 1, "nothing is judged twice")
            let run = try await scene.run()
            #expect(run.attempts == 1, "the disk counts against nobody: \(scene.log)")
            let stored = try await scene.sandbox.answer([Drop].self, "drop", "list")
            #expect(stored.map(\.rowsAccepted) == [60])
            #expect(try await scene.stop() == .exited(0))
        }
    }
}
