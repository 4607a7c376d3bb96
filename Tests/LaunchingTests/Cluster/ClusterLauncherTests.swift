import Foundation
import Nouns
import Places
import Platform
import Settings
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Launching

/// Work of a scheduler that a test plays: what is handed in, what is made of ends, and what is kept.
struct ClusterLauncherTests {
    let sandbox: Sandbox
    let scheduler = PlayedScheduler()
    var folder: String { sandbox.layout.runs + "/r-1" }

    init() throws { sandbox = try Sandbox() }

    private func launcher(stage: String? = nil, lingering: Double = 60) -> ClusterLauncher {
        var profile = EngineProfile(name: "far", file: "far.toml")
        (profile.launcher, profile.program, profile.stage) = ("/launcher", "/engine", stage)
        (profile.pollSeconds, profile.graceSeconds) = (0.5, 1)
        var settings = SettingsFolder()
        settings.engines = [profile]
        let present = settings
        return ClusterLauncher(
            folder: sandbox.layout.clusterJobs, tick: 0.02, lingering: lingering, settings: { present },
            program: { _ in ["/engine"] },
            commands: { [scheduler] _ in scheduler })
    }

    private func request(engine: String = "far", tokens: String? = nil) -> WorkerRequest {
        let model = ModelReference(basePath: sandbox.root + "/base", base: "tiny", baseDigest: "digest")
        var task = TrainTask(model: model, train: [], validation: [], recipe: Recipe())
        task.tokens = tokens.map {
            TrainingTokens(
                train: FileReference(
                    path: $0, sha256: (try? Digest.sha256(file: $0)) ?? "", bytes: 1))
        }
        var request = WorkerRequest(id: "r-1", directory: folder, task: .train(task), memoryBytes: 1 << 30)
        request.compute = ComputeSettings(engine: engine)
        return request
    }

    private func run(_ launcher: ClusterLauncher, _ request: WorkerRequest? = nil) async throws -> WorkerEnd? {
        do {
            let handle = try await launcher.submit(request ?? self.request())
            guard let events = try await launcher.attach(handle) else { return .interrupted }
            let result = try await launcher.follow(handle, events, silence: .seconds(300), onEvent: { _ in }) {}
            return result == nil ? .interrupted : nil
        } catch let end as WorkerEnd { return end }
    }

    /// What the engine of an order writes, once.
    private func tell(_ order: JobOrder, status: Int32, result: Bool) throws {
        guard scheduler.told.withLock({ $0.insert(order.name).inserted }) else { return }
        let attempt = WorkFolder(order.folder).currentAttempt ?? 0
        var lines = Data()
        if result {
            try Data("{}".utf8).write(to: URL(filePath: WorkFolder(order.folder).result))
            lines += Data("{\"time\":1,\"attempt\":\(attempt),\"event\":\"result\",\"result\":{}}\n".utf8)
        }
        lines += Data("{\"time\":1,\"attempt\":\(attempt),\"event\":\"ended\",\"status\":\(status)}\n".utf8)
        let file = try FileHandle(forWritingTo: URL(filePath: WorkFolder(order.folder).events))
        try file.seekToEnd()
        try file.write(contentsOf: lines)
        try file.close()
    }

    private func done(_ order: JobOrder) -> JobFact {
        #expect(throws: Never.self) { try tell(order, status: 0, result: true) }
        return .state(JobState(.ended(.completed)))
    }

    // MARK: - Attempts

    @Test func whatRanOutOfMemoryIsTriedWithHalfAndThenFails() async throws {
        let launcher = launcher()
        scheduler.play { _ in .state(JobState(.ended(.outOfMemory))) }
        guard case .died(let first)? = try await run(launcher), case .failed(let second)? = try await run(launcher)
        else {
            Issue.record("it did not fail")
            return
        }
        #expect(first.code == "cluster.memory" && second.code == "cluster.memory")
        #expect(scheduler.requests.compactMap(\.memoryBytes) == [1 << 30, 1 << 29])
        #expect(scheduler.requests.compactMap(\.compute?.attempt) == [1, 2])
    }

    @Test func aNodeThatLostWorkTwiceIsLeftOut() async throws {
        var profile = EngineProfile(name: "far", file: "")
        profile.launcher = EngineProfile.slurmLauncher
        let script = JobScript(
            name: "n", folder: "/f", profile: profile, attempt: 1, command: ["/e"], excluded: ["n2", "n7"]
        ).slurm
        #expect(script.contains("#SBATCH --exclude=n2,n7\n"))
        let launcher = launcher()
        scheduler.broken.withLock { $0 = ["n2"] }
        scheduler.play { _ in
            var state = JobState(.ended(.lost))
            state.hosts = "n[1-2]"
            return .state(state)
        }
        for count in 1...2 {
            guard case .died(let failure)? = try await run(launcher) else {
                Issue.record("it was not lost")
                return
            }
            #expect(failure.code == WorkerEnd.lostPeer)
            #expect(launcher.lives.withLock { $0[folder]?.record.losses } == ["n2": count])
        }
        #expect(launcher.lives.withLock { $0[folder]?.record.excluded } == ["n2"])
    }

    @Test func aNodeThatIsFoundBrokenLaterCountsAllTheSame() async throws {
        var record = try recordOfLostWork()
        let first = try #require(record.suspects?.first)
        record.judge(first, broken: [], now: 100)
        #expect(record.suspects?.count == 2 && record.losses.isEmpty, "the scheduler may not have seen it yet")
        record.judge(first, broken: ["n2"], now: 300)
        let second = try #require(record.suspects?.first)
        record.judge(second, broken: ["n2", "n5"], now: 400)
        #expect(record.excluded == ["n2"] && record.losses == ["n2": 2, "n5": 1] && record.suspects == [])
        // Where nobody is ever found broken the question is over after a while.
        record.suspects = [first]
        record.judge(first, broken: [], now: 2000)
        #expect(record.suspects == [] && record.excluded == ["n2"])
    }

    private func recordOfLostWork() throws -> JobRecord {
        var record = JobRecord(
            directory: folder, folder: folder, profile: EngineProfile(name: "far", file: ""), name: "n", attempt: 3,
            task: "", rules: ClusterRules(attempt: 3, now: 0))
        record.suspects = [.init(hosts: "n[1-2]", since: 10), .init(hosts: "n[2-3]", since: 20)]
        let written = try ContractCoding.encode(record)
        #expect(try ContractCoding.decode(JobRecord.self, from: written) == record)
        return record
    }

    // MARK: - Once

    @Test func aResultThatTheLedgerHasNotKeptIsToldAgain() async throws {
        scheduler.play { done($0) }
        let first = launcher()
        #expect(try await run(first) == nil)
        // The daemon died before it kept it: the next one asks for the same work.
        #expect(try await run(launcher()) == nil)
        #expect(scheduler.orders.count == 1)
        // Other work in the same folder is another job.
        var other = request()
        if case .train(var task) = other.task {
            task.pauseAtStep = 3
            other.task = .train(task)
        }
        #expect(try await run(launcher(), other) == nil)
        #expect(scheduler.orders.map(\.name).map { $0.suffix(6) } == ["-r-1-1", "-r-1-2"])
    }

    /// A controller that is killed before it has noted a job's end begins the job again.
    @Test func aJobThatComesBackAfterItsEndIsCancelled() async throws {
        let asked = Mutex(0)
        scheduler.play { order in
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            if number == 1 { return done(order) }
            return .state(JobState(.held, reason: "launch failed requeued held"))
        }
        let launcher = launcher(lingering: 0.1)
        #expect(try await run(launcher) == nil)
        #expect(try await TestSupport.eventually { !scheduler.cancelled.isEmpty })
        #expect(scheduler.orders.count == 1 && scheduler.cancelled.first == "1")
        #expect(try await run(launcher) == nil, "its result counts all the same")
    }

    @Test func aJobThatComesBackIsSeenByARestartedDaemonToo() async throws {
        scheduler.play { done($0) }
        #expect(try await run(launcher(lingering: 3600)) == nil)
        scheduler.play { _ in .state(JobState(.held, reason: "launch failed requeued held")) }
        let restarted = launcher(lingering: 0)
        // Asked for what it knows, it reads the files of the daemon before it.
        _ = await restarted.folders
        #expect(try await TestSupport.eventually { !scheduler.cancelled.isEmpty })
        #expect(scheduler.orders.count == 1 && scheduler.cancelled.first == "1")
    }

    @Test func aSecondJobWaitsUntilTheFirstIsGone() async throws {
        let launcher = launcher()
        scheduler.play { _ in .state(JobState(.working)) }
        let handle = try await launcher.submit(request())
        #expect(try await launcher.submit(request()) == handle, "its work goes on")
        let events = try await launcher.attach(handle)
        #expect(try await TestSupport.eventually { scheduler.orders.count == 1 })
        await launcher.cancel(handle)
        _ = events
        guard case .waits(let failure)? = try await run(launcher) else {
            Issue.record("there were two")
            return
        }
        #expect(failure.code == "cluster.leaving")
        scheduler.play { _ in .unknown }
        #expect(try await TestSupport.eventually { await launcher.folders.isEmpty })
        scheduler.play { done($0) }
        #expect(try await run(launcher) == nil)
        #expect(scheduler.orders.count == 2 && !scheduler.cancelled.isEmpty)
    }

    @Test func aRecordThatCannotBeReadBeginsNothingAnew() async throws {
        try AtomicFile.makeFolder(sandbox.layout.clusterJobs)
        try Data("{".utf8).write(to: URL(filePath: sandbox.layout.clusterJobs + "/x.json"))
        let failure = await #expect(throws: Failure.self) { _ = try await launcher().submit(request()) }
        #expect(failure?.code == "cluster.record" && failure?.place?.hasSuffix("x.json") == true)
        #expect(scheduler.orders.isEmpty)
    }

    @Test func anEngineWithoutAFileWaits() async throws {
        guard case .waits(let failure)? = try await run(launcher(), request(engine: "nobody")) else {
            Issue.record("it did not wait")
            return
        }
        #expect(failure.code == "engine.unknown")
    }

    // MARK: - The stage

    @Test func whatTheEngineReadsIsOnTheStage() async throws {
        let stage = sandbox.root + "/stage"
        for path in [stage, sandbox.root + "/base", sandbox.root + "/rows"] { try AtomicFile.makeFolder(path) }
        try Data("weights".utf8).write(to: URL(filePath: sandbox.root + "/base/model.safetensors"))
        try Data("ids".utf8).write(to: URL(filePath: sandbox.root + "/rows/tokens-train.safetensors"))
        scheduler.play { done($0) }
        let request = request(tokens: sandbox.root + "/rows/tokens-train.safetensors")
        #expect(try await run(launcher(stage: stage), request) == nil)
        guard let asked = scheduler.requests.first, case .train(let task) = asked.task else {
            Issue.record("nothing was asked")
            return
        }
        #expect(asked.directory.hasPrefix(stage + "/work/") && task.model.basePath == stage + "/bases/digest")
        #expect(task.tokens?.train.path.hasPrefix(asked.directory + "/inputs/") == true && task.train.isEmpty)
        #expect(FileManager.default.fileExists(atPath: stage + "/bases/digest/model.safetensors"))
        // A base that is another one than its name says is refused.
        try Data("other\n".utf8).write(to: URL(filePath: stage + "/bases/digest/.finetuned"))
        var again = request
        again.id = "r-2"
        again.directory = sandbox.layout.runs + "/r-2"
        guard case .failed(let failure)? = try await run(launcher(stage: stage), again) else {
            Issue.record("it was taken")
            return
        }
        #expect(failure.code == "model.digest")
    }

    @Test func linksAreNotBroughtBack() async throws {
        let stage = sandbox.root + "/stage"
        for path in [stage, sandbox.root + "/base"] { try AtomicFile.makeFolder(path) }
        scheduler.play { order in
            symlink("/etc", order.folder + "/adapter")
            return done(order)
        }
        guard case .failed(let failure)? = try await run(launcher(stage: stage)) else {
            Issue.record("it was believed")
            return
        }
        #expect(failure.code == "engine.result")
    }

    @Test func aResultThatIsNotThereIsNone() async throws {
        scheduler.play { order in
            #expect(throws: Never.self) { try tell(order, status: 0, result: true) }
            unlink(WorkFolder(order.folder).result)
            return .state(JobState(.ended(.completed)))
        }
        guard case .died(let failure)? = try await run(launcher()) else {
            Issue.record("it was believed")
            return
        }
        #expect(failure.code == "worker.no_result")
    }
}

/// A scheduler that a test plays.
final class PlayedScheduler: JobCommands {
    typealias Play = @Sendable (JobOrder) -> JobFact?
    private struct State {
        var orders: [JobOrder] = []
        var requests: [WorkerRequest] = []
        var cancelled: [String] = []
        var play: Play = { _ in nil }
    }
    private let state = Mutex(State())
    let broken = Mutex<[String]>([])
    /// The jobs whose engine has told of its end.
    let told = Mutex<Set<String>>([])

    /// What is said of the newest job.
    func play(_ play: @escaping Play) { state.withLock { $0.play = play } }
    var orders: [JobOrder] { state.withLock { $0.orders } }
    var requests: [WorkerRequest] { state.withLock { $0.requests } }
    var cancelled: [String] { state.withLock { $0.cancelled } }

    func submit(_ order: JobOrder) async -> JobSubmission {
        let request = FileManager.default.contents(atPath: WorkFolder(order.folder).request)
            .flatMap { try? ContractCoding.decode(WorkerRequest.self, from: $0) }
        return state.withLock { state in
            state.orders.append(order)
            if let request { state.requests.append(request) }
            return .taken("\(state.orders.count)")
        }
    }

    func find(_ name: String) async -> JobFinding {
        state.withLock { state in
            state.orders.firstIndex { $0.name == name }.map { .found("\($0 + 1)") } ?? .absent
        }
    }

    func facts(_ questions: [JobQuestion]) async -> [String: JobFact] {
        let (orders, play) = state.withLock { ($0.orders, $0.play) }
        return questions.reduce(into: [:]) { facts, question in
            guard let number = Int(question.id), number <= orders.count else { return }
            facts[question.name] = play(orders[number - 1])
        }
    }

    func stop(_ id: String, of name: String) async -> Bool { true }
    func cancel(_ id: String, of name: String) async -> Bool {
        state.withLock { $0.cancelled.append(id) }
        return true
    }
    func broken(_ hosts: String) async -> [String] { broken.withLock { $0 } }
}
