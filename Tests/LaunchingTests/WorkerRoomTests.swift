import Foundation
import ImitatedKernel
import Nouns
import Places
import Platform
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import ControlGroups
@testable import Launching

/// What workers may take of the machine, with workers that are a few lines of shell in control groups of a folder that
/// imitates the kernel's.
struct WorkerRoomTests {
    let sandbox: Sandbox
    let kernel: ImitatedKernel

    init() throws {
        sandbox = try Sandbox()
        kernel = try ImitatedKernel()
    }

    private var folder: String { sandbox.root + "/attempt" }

    /// Runs a script as a worker, in which `$group` is its control group. Returns how it ended without a result.
    private func run(
        _ script: String, _ limits: ResourceLimits = ResourceLimits(), memory: Int? = nil, groups: ControlGroups? = nil,
        report: @escaping @Sendable (Failure?) -> Void = { _ in }
    ) async throws -> WorkerEnd? {
        let program = try await sandbox.script(
            "worker-\(UUID().uuidString.prefix(8)).sh",
            "group=$(echo \(kernel.group)/work-*)\n" + script)
        let room = WorkerRoom(
            groups ?? ControlGroups.take(kernel, process: 42), limits: { _ in limits }, report: report)
        let launcher = LocalLauncher(room: room) { _ in [program] }
        let request = WorkerRequest(
            id: "r-000001", directory: folder, task: .inspect(InspectTask(path: "x", id: "x")), memoryBytes: memory)
        do {
            _ = try await launcher.run(request, silence: .seconds(20)) { _ in }
            return nil
        } catch { return try #require(error as? WorkerEnd) }
    }

    private var complaints: String {
        get throws { try String(contentsOfFile: WorkFolder(folder).complaints, encoding: .utf8) }
    }

    private static let result = #"echo '{"event":"result","time":1,"result":{"figures":{"x":2.5}}}' >&3"#
    private static let killed = #"echo "oom_kill 1" > "$group/memory.events"; kill -9 $$"#

    @Test func aWorkerIsInAGroupOfItsOwnWhichIsGoneAfterwards() async throws {
        var limits = ResourceLimits()
        limits.memoryBytes = 1 << 30
        let end = try await run(
            #"basename "$group"; cat "$group/cgroup.procs" "$group/memory.max" "# + "\n" + Self.result, limits)
        #expect(end == nil)
        // It has entered before it began.
        #expect(try complaints == "work-inspect-r-000001-1\n0\n1073741824\n")
        #expect(!kernel.names(in: kernel.group).contains { $0.hasPrefix("work-") })
    }

    @Test func anOutOfMemoryKillIsReportedAsOneAndTriedWithLess() async throws {
        var limits = ResourceLimits()
        limits.memoryBytes = 256 << 20
        for expected in [512, 256, 128] {
            let failure = try #require(try await run(Self.killed, limits, memory: 512 << 20)?.failure)
            #expect(failure.code == "worker.out_of_memory" && failure.mayHavePassed)
            #expect(failure.message.contains("256 MiB (resources.memory_max)"))
            #expect(failure.message.contains("tried again with micro-batches for \(expected / 2) MiB"))
            #expect(failure.remedy == "Raise resources.memory_max of the pipeline.")
            let asked = try ContractCoding.decode(
                WorkerRequest.self, from: Data(contentsOf: URL(filePath: WorkFolder(folder).request)))
            #expect(asked.memoryBytes == expected << 20)
        }
        // There is a least, and then nothing smaller is promised.
        let last = try #require(try await run(Self.killed, memory: 512 << 20)?.failure)
        #expect(last.code == "worker.out_of_memory" && !last.message.contains("tried again"))
        #expect(last.remedy == "Give the service or the machine more memory.")
    }

    @Test func aKillByAnybodyElseIsNone() async throws {
        let failure = try #require(try await run("kill -9 $$", memory: 512 << 20)?.failure)
        #expect(failure.code == "worker.killed" && failure.message.contains("memory had not run out"))
        #expect(failure.remedy?.contains("memory") == false)
        #expect(access(WorkFolder(folder).reductions, F_OK) != 0)
        // Whoever says what is wrong is believed, also where a part of it was killed.
        let other = try await run(#"echo "oom_kill 1" > "$group/memory.events"; exit 65"#)
        guard case .failed = other else {
            Issue.record("\(String(describing: other))")
            return
        }
    }

    @Test func whereNobodyCountsItIsGuessed() async throws {
        let blind = ControlGroups.take(try ImitatedKernel(controllers: "cpu"), process: 42)
        let failure = try #require(try await run("kill -9 $$", groups: blind)?.failure)
        #expect(failure.code == "worker.killed" && failure.remedy?.contains("worker.memory") == true)
    }

    @Test func idleWorkComesAfterEverybody() async throws {
        var limits = ResourceLimits()
        limits.isIdle = true
        let end = try await run(#"nice; ionice; cat "$group/cpu.idle""# + "\n" + Self.result, limits)
        #expect(end == nil)
        #expect(try complaints == "19\nidle\n1\n")
    }

    @Test func whereNoGroupCanBeMadeWorkIsDoneAllTheSame() async throws {
        let told = Mutex<[String?]>([])
        let lost = ControlGroups(OwnKernelFiles(), folder: "/nonexistent/group", controllers: [], lacks: [])
        let end = try await run(Self.result, groups: lost) { failure in told.withLock { $0.append(failure?.code) } }
        #expect(end == nil && told.withLock { $0 } == ["groups.refused"])
    }
}
