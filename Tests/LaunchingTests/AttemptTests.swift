import Foundation
import Launching
import Nouns
import Places
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

/// The attempt that may write into a folder.
struct AttemptTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func request(_ compute: ComputeSettings?) -> WorkerRequest {
        var request = WorkerRequest(
            id: "t", directory: sandbox.root + "/run", task: .inspect(InspectTask(path: "x", id: "x")))
        request.compute = compute
        return request
    }

    @Test func itRisesWithEveryStart() async throws {
        let launcher = LocalLauncher(program: try await sandbox.script("engine", "exit 70"))
        for _ in 1...3 { _ = try? await launcher.run(request(.init(engine: "e")), silence: .seconds(600)) { _ in } }
        #expect(WorkFolder(sandbox.root + "/run").currentAttempt == 3)
        let asked = try ContractCoding.decode(
            WorkerRequest.self, from: Data(contentsOf: URL(filePath: WorkFolder(sandbox.root + "/run").request)))
        #expect(asked.compute?.attempt == 3)
        _ = try? await launcher.run(request(nil), silence: .seconds(600)) { _ in }
        #expect(WorkFolder(sandbox.root + "/run").currentAttempt == 3, "the worker's own tasks have none")
    }

    @Test func whatAnEarlierAttemptTellsIsPassedOver() async throws {
        let script = """
            for attempt in 7 1; do
              printf '{"time": 1, "event": "checkpoint", "checkpoint": %d, "attempt": %d}\\n' $attempt $attempt >&3
            done
            echo '{"time": 1, "event": "result", "result": {}, "attempt": 1}' >&3
            echo '{"time": 1, "event": "ended", "status": 66, "attempt": 7}' >&3
            echo '{"time": 1, "event": "ended", "status": 0, "attempt": 1}' >&3
            exit 1
            """
        let launcher = LocalLauncher(program: try await sandbox.script("engine", script))
        let told = Mutex<[Int]>([])
        _ = try await launcher.run(request(.init(engine: "e")), silence: .seconds(600)) { event in
            if let step = event.checkpoint { told.withLock { $0.append(step) } }
        }
        #expect(told.withLock { $0 } == [1])
    }
}
