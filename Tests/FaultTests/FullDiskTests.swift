import Foundation
import Nouns
import TestSupport
import Testing

extension FaultTests {
    /// A full disk is waited for, before the daemon begins and while it works.
    @Suite(.enabled(if: FaultTests.isRoot, "needs root")) struct FullDiskTests {
        @Test func aDaemonWhoseDiskIsFullAnswersAndBeginsOnceThereIsRoom() async throws {
            let scene = try FaultScene()
            try scene.start(on: "size=8m", "head -c 64M /dev/zero > filler 2>&1")
            try #require(try await scene.sandbox.ready(), "\(scene.log)")
            let problem = try #require(try await scene.wait(problem: "disk.full"))
            #expect(problem.place?.contains("/var/lib/finetuned") == true && problem.remedy?.contains("Free") == true)
            let refused = try await scene.sandbox.ftctl("runs")
            #expect(refused.status == 1 && refused.output.contains("full"), "\(refused.output)")
            scene.makeRoom()
            _ = try await scene.wait(problem: "disk.full", isThere: false)
            #expect(scene.daemon?.isRunning == true && scene.count("the daemon begins") == 1)
            try await scene.addBase()
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func aDaemonWithoutInodesAnswersAndBeginsOnceThereAreSome() async throws {
            let scene = try FaultScene()
            try scene.start(on: "size=8m,nr_inodes=3", "touch used")
            _ = try await scene.wait(problem: "disk.full")
            let mended = try await ChildProgram.run(
                "nsenter",
                [
                    "-t", "\(scene.daemon?.pid ?? 0)", "-m", "mount", "-o", "remount,nr_inodes=4000",
                    scene.sandbox.layout.state,
                ])
            try #require(mended.ending == .exited(0), "\(mended.output)")
            _ = try await scene.wait(problem: "disk.full", isThere: false)
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func aWaitingDaemonStopsWhenItIsTold() async throws {
            let scene = try FaultScene()
            try scene.start(on: "size=8m", "head -c 64M /dev/zero > filler 2>&1")
            _ = try await scene.wait(problem: "disk.full")
            #expect(try await scene.stop() == .exited(0))
        }

        /// The disk is full while a worker writes: the run waits, and goes on from its checkpoint.
        @Test(arguments: ["starts training", "evaluation starts"])
        func aRunWaitsForRoom(moment: String) async throws {
            let scene = try FaultScene(pipeline: "[delivery]\nexports = [\"peft\"]")
            scene.pace = 100
            try scene.start(on: "size=32m")
            try await scene.addBase()
            try scene.drop()
            try await scene.wait(for: moment)
            scene.fill()
            // The ledger lies on the same disk, so that nothing can be recorded either.
            _ = try await scene.wait(problem: "disk.full")
            #expect(try await scene.status().health == "degraded")
            scene.makeRoom()
            try await scene.waitUntilDelivered()
            let run = try await scene.run()
            #expect(run.cause == nil && run.queuedAgain == nil)
            #expect(scene.count("waits, and goes on by itself") <= 1, "it is told once")
            #expect(scene.count("starts training") == 1)
            let isHealthy = try await TestSupport.eventually { try await scene.status().problems.isEmpty }
            #expect(isHealthy)
            #expect(try await scene.stop() == .exited(0))
        }
    }
}
