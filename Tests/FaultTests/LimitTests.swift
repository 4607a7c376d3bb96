import Foundation
import Nouns
import Platform
import TestSupport
import Testing

extension FaultTests {
    /// The limits of the system: descriptors, watches, one daemon a state.
    @Suite struct LimitTests {
        /// Connects and says nothing; nil where that is refused.
        private func connect(_ scene: FaultScene) -> Int32? {
            guard let descriptor = try? UnixSocket.make() else { return nil }
            if (try? UnixSocket.connect(descriptor, to: scene.sandbox.layout.socket)) != nil { return descriptor }
            close(descriptor)
            return nil
        }

        @Test func clientsWhoHoldAllConnectionsAreRefusedAndTheStagesGoOn() async throws {
            let scene = try FaultScene()
            try scene.start("ulimit -n 600")
            try await scene.addBase()
            let held = (0..<500).compactMap { _ in connect(scene) }
            defer { for descriptor in held { close(descriptor) } }
            #expect(held.count == 500, "the kernel takes them all")
            // Half of the descriptors are for connections, and whoever comes later is told.
            var answer = [UInt8](repeating: 0, count: 12)
            let latest = try #require(held.last)
            #expect(recv(latest, &answer, 12, Int32(MSG_WAITALL)) == 12)
            #expect(String(decoding: answer, as: UTF8.self) == "HTTP/1.1 503")
            try scene.drop()
            try await scene.wait(for: "Run r-000001 of tickets is delivered")
            for descriptor in held { shutdown(descriptor, Int32(SHUT_RDWR)) }
            #expect(try await scene.sandbox.ready())
            let status = try await scene.status()
            #expect(status.pipelines.map(\.name) == ["tickets"] && status.problems.isEmpty, "\(status.problems)")
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func withoutAWatchTheFoldersAreScannedByTheClock() async throws {
            let limit = "echo 0 > /proc/sys/user/max_inotify_instances"
            let isolated = ["--user", "--map-root-user"]
            // Where there are no user namespaces, nothing but the whole machine could be limited.
            guard try await ChildProgram.run("unshare", isolated + ["sh", "-c", limit]).ending == .exited(0) else {
                return
            }
            let scene = try FaultScene()
            try scene.start(limit, isolated: isolated)
            try await scene.addBase()
            let problem = try await scene.wait(problem: "watch.limit")
            #expect(
                problem?.remedy?.contains("max_user_instances") == true && problem?.message.contains("disk") == false)
            try scene.drop()
            try await scene.waitUntilDelivered()
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func aSecondDaemonIsRefusedByWhateverPathItComes() async throws {
            let scene = try FaultScene()
            try scene.start()
            try #require(try await scene.sandbox.ready())
            let other = try Sandbox()
            try FileManager.default.removeItem(atPath: other.layout.state)
            try FileManager.default.createSymbolicLink(
                atPath: other.layout.state, withDestinationPath: scene.sandbox.layout.state)
            let second = try other.startDaemon()
            #expect(try await second.wait(seconds: 300) == .exited(75), "\(second.output)")
            #expect(second.output.contains("Another finetuned has this state already"))
            #expect(try await scene.status().pid == Int(try #require(scene.daemon).pid), "the first goes on")
            #expect(try await scene.stop() == .exited(0))
        }

        @Test func settingsThatBreakWhileItIsDownStopNothingThatHasRun() async throws {
            let scene = try FaultScene()
            try scene.start()
            try await scene.addBase()
            #expect(try await scene.stop() == .exited(0))
            try scene.sandbox.settings("scan_seconds = ")
            try scene.sandbox.pipeline("tickets", "base = \"ti")
            try scene.start()
            _ = try await scene.wait(problem: "settings.kept")
            let status = try await scene.status()
            #expect(status.health == "degraded" && status.pipelines.map(\.name) == ["tickets"])
            try scene.drop()
            try await scene.waitUntilDelivered()
            #expect(try await scene.stop() == .exited(0))
            // Without anything that was ever sound there is nothing to go on with.
            let fresh = try Sandbox()
            try fresh.settings("scan_seconds = ")
            #expect(try await fresh.startDaemon().wait(seconds: 300) == .exited(78))
        }
    }
}
