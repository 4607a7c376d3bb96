import Foundation
import Nouns
import TestSupport
import Testing

extension FaultTests {
    /// A stage whose thread hangs is noticed, whichever it is, and the service manager restarts the daemon.
    @Suite struct BlockedStageTests {
        /// The stages, by the names of their threads.
        static let stages = [
            "intake", "datasets", "examination", "prequential", "scheduling", "supervision", "gating", "promotion",
            "delivery",
            "experiments", "settings", "retention", "soundness", "ledger",
        ]

        /// Stops threads of the daemon and no others, as a debugger does, until it is killed.
        private func freeze(_ names: [String], of scene: FaultScene) async throws -> ChildProgram {
            let process = "/proc/\(scene.daemon?.pid ?? 0)/task"
            var found: Set<String> = []
            // A thread that a stage's thread has made bears its name as well.
            let threads = try FileManager.default.contentsOfDirectory(atPath: process).filter { thread in
                let name = (try? String(contentsOfFile: "\(process)/\(thread)/comm", encoding: .utf8)) ?? ""
                let own = name.trimmingCharacters(in: .newlines)
                if names.contains(own) { found.insert(own) }
                return names.contains(own)
            }
            try #require(found == Set(names))
            let script = TestSupport.repository + "/tools/faults/freeze-threads.py"
            let debugger = try ChildProgram(
                "python3", [script] + threads, output: scene.sandbox.root + "/freeze-\(threads[0]).log")
            let isFrozen = try await TestSupport.eventually {
                debugger.output.contains("frozen") || !debugger.isRunning
            }
            try #require(isFrozen && debugger.isRunning, "\(debugger.output)")
            return debugger
        }

        /// With `make faults` each stage is blocked in turn; here all are blocked at once, and each is named.
        @Test(arguments: FaultTests.times(1) > 1 ? stages.map { [$0] } : [stages])
        func aBlockedStageIsNamedAndNoKeepAliveIsSent(names: [String]) async throws {
            let scene = try FaultScene()
            let manager = try NotifyListener(scene.sandbox.root)
            try scene.start(environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "6000000"])
            try await scene.addBase()
            var told: [String] = []
            let isFed = try await TestSupport.eventually {
                told += manager.told()
                return told.count { $0 == "WATCHDOG=1" } >= 3
            }
            #expect(isFed && told.contains("READY=1") && !told.contains("WATCHDOG=trigger"))
            let debugger = try await freeze(names, of: scene)
            told = []
            let isNoticed = try await TestSupport.eventually {
                told += manager.told()
                return told.contains("WATCHDOG=trigger")
            }
            #expect(isNoticed)
            // One may have shown its last sign of life a moment after the others.
            var blocked: Set<String> = []
            let areNamed = try await TestSupport.eventually {
                let problems = try await scene.status().problems
                blocked = Set(problems.filter { $0.code == "stage.blocked" }.compactMap(\.place))
                return blocked == Set(names)
            }
            #expect(areNamed, "the socket answers all the same, and names \(blocked)")
            told = manager.told()
            // What a service manager does then. Nothing is lost.
            scene.daemon?.signal(SIGKILL)
            debugger.signal(SIGKILL)
            _ = try await scene.daemon?.wait(seconds: 300)
            try scene.start()
            try #require(try await scene.sandbox.ready())
            try scene.drop()
            try await scene.waitUntilDelivered()
            #expect(try await scene.stop() == .exited(0))
        }
    }
}
