import Foundation
import TestSupport
import Testing

/// kill -9 of daemon and worker at each stage boundary: nothing is lost, nothing happens twice, and one promotion
/// results.
@Suite(.serialized)
struct CrashTests {
    /// What the daemon has just logged when it is killed, in the order of the stages.
    static let boundaries = [
        "Received first.jsonl", "Stored ", "r-000001 of tickets is queued", "r-000001 of tickets starts training",
        "r-000001 of tickets trained in",
        "r-000001 of tickets evaluation starts", "r-000001 of tickets evaluated", "r-000001 of tickets is accepted",
        "r-000001 of tickets is promoted",
        "r-000001 of tickets is delivered",
    ]

    @Test(arguments: boundaries)
    func aDaemonKilledAtABoundaryGoesOn(marker: String) async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        try await scene.killDaemon(at: marker)
        try scene.start()
        try await scene.delivered()
        try await scene.verify()
    }

    @Test func aDaemonKilledAgainAndAgainGoesOn() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        // After ever longer lives, so that each kill falls into another piece of the work.
        for life in stride(from: 20, to: 900, by: 110) {
            try await Task.sleep(for: .milliseconds(life))
            try await scene.killDaemon()
            try scene.start()
        }
        try await scene.delivered()
        try await scene.verify()
    }

    @Test(arguments: [
        ("", "checkpoint"), ("/evaluation-candidate", "request.json"), ("/evaluation-base", "request.json"),
    ])
    func aKilledWorkerIsStartedAgain(folder: String, file: String) async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        try await scene.killWorker(in: folder, once: file)
        try await scene.delivered()
        #expect(scene.log.contains("killed by signal 9"))
        try await scene.verify()
    }

    @Test func aStoppedDaemonLeavesACheckpointAndGoesOnFromIt() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        let checkpoint = scene.sandbox.layout.run("r-000001") + "/checkpoint"
        #expect(try await TestSupport.eventually { FileManager.default.fileExists(atPath: checkpoint) })
        scene.daemon?.signal(SIGTERM)
        #expect(try await scene.daemon?.wait(seconds: 240) == .exited(0))
        #expect(scene.log.contains("stopped at a checkpoint"))
        try scene.start()
        try await scene.delivered()
        try await scene.verify()
    }

    @Test func aSecondFileContinuesFromThePromotedModel() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        try await scene.delivered()
        try scene.drop("second.jsonl", from: 1000)
        try await scene.killDaemon(at: "r-000002 of tickets trained in")
        try scene.start()
        try await scene.delivered(runs: 2)
        try await scene.verify(promotions: 2, drops: 2)
    }

    @Test func aSecondDaemonOnTheSameRootIsRefused() async throws {
        let scene = try CrashScene()
        try scene.start()
        try #require(try await scene.sandbox.ready())
        let second = try scene.sandbox.startDaemon()
        #expect(try await second.wait(seconds: 240) == .exited(75))
        #expect(scene.log.contains("Another finetuned has this state already"))
    }
}
