import Foundation
import Nouns
import TestSupport
import Testing

extension FaultTests {
    /// Another program may hold the ledger for as long as it likes.
    @Suite struct LockedLedgerTests {
        /// Takes the ledger for itself until it is killed.
        private func hold(_ scene: FaultScene) async throws -> ChildProgram {
            let script = TestSupport.repository + "/tools/faults/hold-ledger.py"
            let holder = try ChildProgram(
                "python3", [script, scene.sandbox.layout.ledger], output: scene.sandbox.root + "/holder.log")
            try #require(try await TestSupport.eventually { holder.output.contains("held") }, "\(holder.output)")
            return holder
        }

        @Test(arguments: ["starts training", "evaluation starts"])
        func whatAWorkerHasDoneIsRecordedOnceItCanBe(moment: String) async throws {
            let scene = try FaultScene()
            scene.pace = 50
            try scene.start()
            try await scene.addBase()
            try scene.drop()
            try await scene.wait(for: moment)
            let holder = try await hold(scene)
            let problem = try await scene.wait(problem: "ledger.busy")
            #expect(problem?.place == scene.sandbox.layout.ledger)
            #expect(try await scene.status().health == "degraded", "it answers meanwhile")
            holder.signal(SIGKILL)
            try await scene.waitUntilDelivered()
            #expect(scene.count("starts training") == 1 && scene.count("goes on from its last checkpoint") == 0)
            #expect(scene.count("evaluation starts") == 1, "nothing is done twice")
            _ = try await scene.wait(problem: "ledger.busy", isThere: false)
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func aLedgerThatIsHeldAtTheStartIsWaitedFor() async throws {
            let scene = try FaultScene()
            try scene.start()
            try await scene.addBase()
            #expect(try await scene.stop() == .exited(0))
            let holder = try await hold(scene)
            try scene.start()
            _ = try await scene.wait(problem: "ledger.busy")
            holder.signal(SIGKILL)
            _ = try await scene.wait(problem: "ledger.busy", isThere: false)
            try scene.drop()
            try await scene.waitUntilDelivered()
            #expect(try await scene.stop() == .exited(0))
        }
    }
}
