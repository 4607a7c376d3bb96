import Foundation
import Nouns
import Platform
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Launching

/// What the launcher makes of workers that behave, misbehave, hang and die; each is a few lines of shell.
struct LocalLauncherTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs a script as a worker. Its `$1` is the request; events go to descriptor 3.
    func launch(_ script: String, silence: Double = 20, grace: Double = 5, seen: EventLog = EventLog()) async throws
        -> WorkerResult
    {
        let program = try await sandbox.script("attempter-\(UUID().uuidString.prefix(8)).sh", script)
        let launcher = LocalLauncher(program: program, grace: .seconds(grace))
        let request = WorkerRequest(
            id: "t", directory: sandbox.root + "/attempt", task: .inspect(InspectTask(path: "x", id: "x")))
        return try await launcher.run(request, silence: .seconds(silence)) { event in
            seen.events.withLock { $0.append(event) }
        }
    }

    final class EventLog: Sendable {
        let events = Mutex<[WorkerEvent]>([])
        var kinds: [WorkerEvent.Kind] { events.withLock { $0.map(\.event) } }
    }

    func ending(_ body: () async throws -> WorkerResult) async -> WorkerEnd? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? WorkerEnd }
    }

    static let started = #"echo '{"event":"started","time":1}' >&3"#
    static let result = #"echo '{"event":"result","time":1,"result":{"figures":{"x":2.5}}}' >&3"#

    @Test func eventsArriveAndTheResultIsReturned() async throws {
        let seen = EventLog()
        let result = try await launch("\(Self.started)\necho noise\necho more noise >&2\n\(Self.result)", seen: seen)
        #expect(result.figures == ["x": 2.5])
        #expect(seen.kinds == [.started, .result])
        let log = try String(contentsOfFile: sandbox.root + "/attempt/stderr.log", encoding: .utf8)
        #expect(log.contains("noise") && log.contains("more noise"))
    }

    @Test func theRequestIsWhatWasAsked() async throws {
        let result = try await launch(#"grep -q '"task" *: *"inspect"' "$1" || exit 64"# + "\n" + Self.result)
        #expect(result.figures?["x"] == 2.5)
    }

    /// Whichever thread starts it, and whatever that one's niceness is.
    @Test(arguments: [0, 2, Niceness.work])
    func aWorkerGivesWayAsMuchAsAStage(_ starter: Int32) async throws {
        let executor = ThreadExecutor(name: "starter", niceness: starter)
        let script = #"printf '{"event":"result","time":1,"result":{"figures":{"x":%s}}}\n' "$(nice)" >&3"#
        let result = try await withTaskExecutorPreference(executor) { try await launch(script) }
        #expect(result.figures?["x"] == Double(Niceness.ofPrograms(Niceness.work)))
    }

    @Test func garbageAmongTheEventsIsPassedOver() async throws {
        let seen = EventLog()
        _ = try await launch(
            """
            echo 'not json' >&3\nprintf '\\000\\377\\n{\"event\":\"nonsense\",\"time\":1}\\n' \
            >&3\n\(Self.started)\n\(Self.result)
            """,
            seen: seen)
        #expect(seen.kinds == [.started, .result])
    }

    @Test func aManyLinedWorkerNeverBlocks() async throws {
        let seen = EventLog()
        _ = try await launch(
            """
            i=0; while [ $i -lt 20000 ]; do echo '{\"event\":\"started\",\"time\":1}'; i=$((i+1)); done \
            >&3\n\(Self.result)
            """,
            seen: seen)
        #expect(seen.kinds.count == 20_001)
    }

    @Test func aFaultOfTheRequestIsFinal() async throws {
        let end = await ending {
            try await launch(
                #"echo '{"event":"failed","time":1,"failure":{"code":"weights.cut","message":"cut"}}' >&3; exit 66"#
            )
        }
        guard case .failed(let failure) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == "weights.cut")
    }

    @Test func whatAnEngineSaysLastCountsForMoreThanItsProcess() async throws {
        let end = await ending {
            try await launch(
                """
                echo '{"event":"failed","time":1,"failure":{"code":"rows.none","message":"none"}}' >&3
                echo '{"event":"ended","time":2,"status":65}' >&$FINETUNED_EVENTS_FD; exit 1
                """)
        }
        guard case .failed(let failure) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == "rows.none")
    }

    @Test func aFaultOfTheEngineMayPass() async throws {
        let end = await ending { try await launch("echo broken >&2; exit 70") }
        guard case .died(let failure) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.cause?.contains("broken") == true)
    }

    @Test func aKilledWorkerIsSaidToBeKilled() async throws {
        let end = await ending { try await launch("\(Self.started)\nkill -9 $$") }
        #expect(end?.failure?.code == "worker.killed")
        #expect(end?.failure?.remedy?.contains("worker.memory") == true)
    }

    @Test func aSilentWorkerIsStopped() async throws {
        let end = await ending { try await launch("\(Self.started)\nexec sleep 60", silence: 0.5) }
        #expect(end?.failure?.code == "worker.hung")
    }

    @Test func aProgramThatIsNotThereIsNoCrash() async throws {
        let launcher = LocalLauncher(program: "/nonexistent/worker")
        let request = WorkerRequest(
            id: "t", directory: sandbox.root + "/attempt", task: .inspect(InspectTask(path: "x", id: "x")))
        let end = await ending { try await launcher.run(request, silence: .seconds(5)) { _ in } }
        guard case .died = end else {
            Issue.record("\(String(describing: end))")
            return
        }
    }

    /// A worker that is asked to stop once it has started.
    func stopped(_ script: String, grace: Double) async throws -> WorkerEnd? {
        let seen = EventLog()
        let task = Task { await ending { try await launch(script, grace: grace, seen: seen) } }
        #expect(try await TestSupport.eventually { seen.kinds.contains(.started) })
        task.cancel()
        return await task.value
    }

    @Test func cancellingAsksForACheckpoint() async throws {
        let mark = sandbox.root + "/checkpoint"
        let end = try await stopped(
            "trap 'touch \(mark); exit 75' TERM\n\(Self.started)\nwhile :; do sleep 0.05; done", grace: 10)
        #expect(end == .interrupted)
        #expect(FileManager.default.fileExists(atPath: mark))
    }

    @Test func aWorkerThatWillNotStopIsKilled() async throws {
        let end = try await stopped("trap '' TERM\n\(Self.started)\nwhile :; do sleep 0.05; done", grace: 0.5)
        #expect(end == .interrupted)
    }

    /// A worker as a program, and a launcher of it.
    func launcher(_ script: String, grace: Double = 10) async throws -> (LocalLauncher, WorkerRequest) {
        let program = try await sandbox.script("worker-\(UUID().uuidString.prefix(8)).sh", script)
        let request = WorkerRequest(
            id: "t", directory: sandbox.root + "/attempt", task: .inspect(InspectTask(path: "x", id: "x")))
        return (LocalLauncher(program: program, grace: .seconds(grace)), request)
    }

    @Test func cancellingLeavesAtOnceAndWithoutACheckpoint() async throws {
        let mark = sandbox.root + "/checkpoint"
        let (launcher, request) = try await launcher(
            """
            trap 'touch \(mark); exit 75' TERM
            trap 'touch \(mark).cancelled; exit 75' INT
            \(Self.started)
            while :; do sleep 0.05; done
            """)
        let handle = try await launcher.submit(request)
        #expect(handle.directory == request.directory && launcher.processCount == 1)
        let events = try #require(try await launcher.attach(handle))
        var kinds: [WorkerEvent.Kind] = []
        let end = await ending {
            for try await event in events {
                kinds.append(event.event)
                await launcher.cancel(handle)
            }
            return WorkerResult()
        }
        #expect(end == .interrupted && kinds == [.started])
        #expect(launcher.processCount == 0, "its process has left")
        #expect(FileManager.default.fileExists(atPath: mark + ".cancelled"))
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test func aWorkerThatKnowsNoCancellingIsEndedByTheSignalItself() async throws {
        let (launcher, request) = try await launcher("trap '' TERM\n\(Self.started)\nexec sleep 60")
        let handle = try await launcher.submit(request)
        let events = try #require(try await launcher.attach(handle))
        let end = await ending {
            for try await _ in events { await launcher.cancel(handle) }
            return WorkerResult()
        }
        #expect(end == .interrupted)
    }

    @Test func whoWasAskedToStopMayStillBeCancelled() async throws {
        let (launcher, request) = try await launcher("trap '' TERM\n\(Self.started)\nexec sleep 60", grace: 600)
        let handle = try await launcher.submit(request)
        let events = try #require(try await launcher.attach(handle))
        let end = await ending {
            for try await _ in events {
                await launcher.stop(handle)
                await launcher.cancel(handle)
            }
            return WorkerResult()
        }
        #expect(end == .interrupted)
    }

    @Test func eventsWaitForWhoeverFollowsAndAreGivenToOne() async throws {
        let (launcher, request) = try await launcher("\(Self.started)\n\(Self.result)")
        let handle = try await launcher.submit(request)
        #expect(try await TestSupport.eventually { launcher.processCount == 0 })
        let events = try #require(try await launcher.attach(handle))
        var kinds: [WorkerEvent.Kind] = []
        for try await event in events { kinds.append(event.event) }
        #expect(kinds == [.started, .result])
        #expect(try await launcher.attach(handle) == nil, "what is over and told is gone")
    }

    @Test func theWorkOfAFormerDaemonIsGone() async throws {
        let (launcher, request) = try await launcher("\(Self.started)\nexec sleep 60")
        let handle = try await launcher.submit(request)
        let (other, _) = try await self.launcher("exit 0")
        #expect(try await other.attach(handle) == nil)
        _ = try await launcher.attach(handle)
        await #expect(throws: Failure.self) { try await launcher.attach(handle) }
        await launcher.cancel(handle)
        #expect(try await TestSupport.eventually { launcher.processCount == 0 })
    }

    @Test(arguments: [(64, false), (65, false), (66, false), (76, false), (70, true), (73, true), (1, true), (0, true)])
    func everyStatusMeansWhatTheTableSays(status: Int, again: Bool) async throws {
        switch await ending({ try await launch("exit \(status)") }) {
        case .died: #expect(again)
        case .failed: #expect(!again)
        case .waits: #expect(status == 73)
        case let end: Issue.record("\(status): \(String(describing: end))")
        }
    }

    /// An engine that nobody has asked to leave, and that leaves as if somebody had, counts as one that died.
    @Test func whoLeavesUnaskedHasDied() async throws {
        guard case .died = await ending({ try await launch("exit 75") }) else {
            Issue.record("It did not count as a death.")
            return
        }
    }
}
