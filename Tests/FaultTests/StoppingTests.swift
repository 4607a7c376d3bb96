import Foundation
import Nouns
import TestSupport
import Testing

extension FaultTests {
    /// A daemon that is told to stop while people ask leaves with 0, and answers whom it has accepted.
    @Suite struct StoppingTests {
        @Test(arguments: [false, true])
        func itLeavesInOrderWhilePeopleAsk(isActivated: Bool) async throws {
            let scene = try FaultScene()
            let held = isActivated ? try HeldSocket(scene.sandbox.layout.socket) : nil
            for number in 1...FaultTests.times(4) {
                let daemon = try held?.startDaemon(scene.sandbox) ?? scene.sandbox.startDaemon()
                let clients = ManyClients(16, socket: scene.sandbox.layout.socket)
                let isAnswered = try await TestSupport.eventually { clients.answered.load(ordering: .relaxed) > 40 }
                #expect(isAnswered, "\(scene.log)")
                daemon.signal(SIGTERM)
                // Those who ask meanwhile wait for the next daemon, where the socket is somebody else's.
                let ending = try await daemon.wait(seconds: 300)
                #expect(ending == .exited(0), "time \(number): \(scene.log.suffix(2000))")
                let lost = clients.lost.load(ordering: .relaxed)
                #expect(lost == 0 || !isActivated, "time \(number)")
                if isActivated {
                    let next = try #require(try held?.startDaemon(scene.sandbox))
                    await clients.stop()
                    next.signal(SIGTERM)
                    #expect(try await next.wait(seconds: 300) == .exited(0))
                } else {
                    await clients.stop()
                }
            }
        }

        /// With the socket unit a restart is not seen by those who ask.
        @Test func aRestartUnderFiftyClientsLosesNoRequest() async throws {
            let scene = try FaultScene()
            let held = try HeldSocket(scene.sandbox.layout.socket)
            var daemon = try held.startDaemon(scene.sandbox)
            let clients = ManyClients(50, socket: scene.sandbox.layout.socket)
            for _ in 0..<FaultTests.times(3) {
                let before = clients.answered.load(ordering: .relaxed)
                _ = try await TestSupport.eventually { clients.answered.load(ordering: .relaxed) > before + 100 }
                daemon.signal(SIGTERM)
                #expect(try await daemon.wait(seconds: 300) == .exited(0))
                daemon = try held.startDaemon(scene.sandbox)
            }
            await clients.stop()
            #expect(clients.lost.load(ordering: .relaxed) == 0 && clients.refused.load(ordering: .relaxed) == 0)
            #expect(clients.answered.load(ordering: .relaxed) > 300)
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait(seconds: 300) == .exited(0))
        }

        /// A worker that writes a large checkpoint is waited for, and the service manager is told.
        @Test func whileACheckpointIsWrittenMoreTimeIsAskedFor() async throws {
            let scene = try FaultScene()
            scene.pace = 200
            let manager = try NotifyListener(scene.sandbox.root)
            try scene.start(environment: [
                "NOTIFY_SOCKET": manager.path, "FAKE_WORKER_CHECKPOINT_MILLISECONDS": "3000",
            ])
            try await scene.addBase()
            try scene.drop()
            try await scene.wait(for: "starts training")
            _ = manager.told()
            #expect(try await scene.stop() == .exited(0))
            let told = manager.told()
            #expect(told.contains("STOPPING=1") && told.contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
            #expect(scene.log.contains("stopped at a checkpoint"))
            scene.pace = 1
            try scene.start()
            try await scene.waitUntilDelivered()
            #expect(try await scene.run().attempts <= 1)
            #expect(try await scene.stop() == .exited(0))
        }
    }
}
