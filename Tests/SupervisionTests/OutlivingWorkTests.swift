import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Supervision

/// Work that outlives the daemon: a new daemon finds it by what the ledger kept, and the same run never works twice.
struct OutlivingWorkTests {
    let sandbox: Sandbox
    let program: String

    init() async throws {
        sandbox = try Sandbox()
        for folder in [sandbox.layout.state, sandbox.layout.state + "/runs"] { try AtomicFile.makeFolder(folder) }
        try Self.lines([1, 2, 3]).write(to: URL(filePath: sandbox.root + "/first.jsonl"))
        var end = WorkerEvent(.result, time: 9)
        end.result = WorkerResult()
        if case .trained(let training) = RunEvent.training { end.result?.training = training }
        let rest = try Self.lines([4, 5]) + ContractCoding.encode(end) + Data([10])
        try rest.write(to: URL(filePath: sandbox.root + "/rest.jsonl"))
        // Tells of three steps, waits for a sign, and tells of the rest.
        let script = """
            folder=$(dirname "$1")
            trap 'echo asked >> "$folder/stopped"; exit 75' TERM
            trap 'sleep 0.2; echo asked >> "$folder/cancelled"; exit 75' INT
            echo begun >> "$folder/begun"
            if [ -e /proc/self/fd/3 ]; then cat '\(sandbox.root)/first.jsonl' >&3; fi
            cat '\(sandbox.root)/first.jsonl' >> "$folder/events.jsonl"
            # It ends with its folder, too: a test may be over before it was given the sign.
            while [ ! -e '\(sandbox.root)/go' ]; do [ -e "$1" ] || exit 1; sleep 0.02; done
            cat '\(sandbox.root)/rest.jsonl' >> "$folder/events.jsonl"
            """
        program = try await sandbox.script("worker.sh", script)
    }

    static func lines(_ steps: [Int]) throws -> Data {
        try steps.reduce(into: Data()) { text, step in
            var event = WorkerEvent(.step, time: Double(step))
            event.step = StepReport(
                step: step, steps: 5, epoch: 1, loss: 1, gradientNorm: 1, learningRate: 1, tokens: 8, labelTokens: 4,
                tokensPerSecond: 8, memoryBytes: 1)
            text += try ContractCoding.encode(event) + Data([10])
        }
    }

    /// Everything that a daemon holds, made anew.
    func context() throws -> StageContext {
        var folder = SettingsFolder()
        folder.daemon.minimumFreeBytes = 0
        folder.pipelines = [PipelineSettings(name: "p", file: "p.toml", base: "tiny")]
        return StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(folder),
            logger: Logger(label: "test"))
    }

    func queue(_ context: StageContext) throws -> Run {
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        try context.ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let run = try context.ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
        }
        return try #require(run)
    }

    func count(_ file: String, _ run: Run) -> Int {
        let path = sandbox.layout.run(run.id) + "/" + file
        return (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").count ?? 0
    }

    /// The steps that those who watch a run have been told of.
    func steps(_ context: StageContext, _ run: Run) async -> [Int] {
        var steps: [Int] = []
        for await notice in context.feed.notices(run.id, from: 0, follow: false) {
            if let step = notice.event?.step { steps.append(step.step) }
        }
        return steps
    }

    @Test func theVerbsFindWorkThatOutlivedTheirObject() async throws {
        let folder = sandbox.root + "/work"
        let request = WorkerRequest(id: "t", directory: folder, task: .inspect(InspectTask(path: "x", id: "x")))
        let first = DetachedLauncher(program: program)
        let handle = try await first.submit(request)
        #expect(try await first.submit(request) == handle, "a request whose work goes on is not begun again")
        var seen: [Int] = []
        for try await event in try #require(try await first.attach(handle)) {
            if let step = event.step { seen.append(step.step) }
            if seen.count == 3 { await first.leave(handle) }
        }
        #expect(seen == [1, 2, 3])
        let kept = try ContractCoding.decode(WorkHandle.self, from: ContractCoding.encode(handle))
        let second = DetachedLauncher(program: program)
        #expect(try await second.submit(request) == handle, "nor by another launcher")
        let events = try #require(try await second.attach(kept))
        try Data().write(to: URL(filePath: sandbox.root + "/go"))
        let told = Mutex<[Int]>([])
        let result = try await second.follow(kept, events, silence: .seconds(60)) { event in
            if let step = event.step { told.withLock { $0.append(step.step) } }
        } onCancel: {
        }
        #expect(result?.training?.steps == 2)
        #expect(told.withLock { $0 } == [1, 2, 3, 4, 5], "in order, and none is missed")
        #expect(first.begun.load(ordering: .relaxed) + second.begun.load(ordering: .relaxed) == 1)
    }

    @Test func aNewDaemonGoesOnWithWorkThatIsStillThere() async throws {
        let run: Run
        do {
            let context = try context()
            run = try queue(context)
            let service = SupervisionService(context, launcher: DetachedLauncher(program: program))
            try service.startNext()
            #expect(try await TestSupport.eventually { await steps(context, run).count == 3 })
            await service.active.leaveAll()
            let left = try #require(try context.ledger.run(run.id))
            #expect(left.state == .training && left.work?.launcher == "detached")
        }
        let context = try context()
        let launcher = DetachedLauncher(program: program)
        let service = SupervisionService(context, launcher: launcher)
        try service.startNext()
        #expect(try await TestSupport.eventually { await steps(context, run).count == 3 })
        try service.startNext()
        #expect(service.active.count == 1, "a run that is taken up is not taken up twice")
        try Data().write(to: URL(filePath: sandbox.root + "/go"))
        #expect(
            try await TestSupport.eventually {
                try context.ledger.transitions(run.id).contains { $0.state == .trained }
            })
        let states = try context.ledger.transitions(run.id).map(\.state)
        #expect(states.prefix(3) == [.queued, .training, .trained], "without an interruption: \(states)")
        #expect(count("begun", run) == 1 && launcher.begun.load(ordering: .relaxed) <= 1)
        // What is done next tells of steps as well.
        #expect(try await TestSupport.eventually { await steps(context, run).starts(with: [1, 2, 3, 4, 5]) })
        await service.active.leaveAll()
    }

    @Test func workThatIsGoneIsQueuedAgain() async throws {
        let context = try context()
        let run = try queue(context)
        _ = try context.ledger.apply(run.id, .workerStarted(resumes: false))
        try context.ledger.amend(run.id) {
            $0.work = WorkHandle(launcher: "local", id: "another daemon's", directory: "/gone")
        }
        let service = SupervisionService(context, launcher: LocalLauncher(program: program))
        try service.startNext()
        #expect(
            try await TestSupport.eventually {
                try context.ledger.transitions(run.id).map(\.state) == [.queued, .training, .queued]
            })
        #expect(try context.ledger.run(run.id)?.work == nil)
    }

    @Test func nothingIsBegunAnewWhileNobodyKnowsWhetherTheWorkGoesOn() async throws {
        let context = try context()
        let run = try queue(context)
        _ = try context.ledger.apply(run.id, .workerStarted(resumes: false))
        try context.ledger.amend(run.id) { $0.work = WorkHandle(launcher: "cluster", id: "7", directory: "/far") }
        let service = SupervisionService(context, launcher: UnreachableLauncher())
        for _ in 1...2 {
            try service.startNext()
            #expect(try await TestSupport.eventually { service.active.count == 0 })
            #expect(context.problems.all(prefix: "supervision:").map(\.code) == ["cluster.unreachable"])
        }
        #expect(try context.ledger.transitions(run.id).map(\.state) == [.queued, .training])
    }

    @Test func aCancelledRunSaysSoAtOnceAndItsSlotIsFreeOnceTheWorkerHasLeft() async throws {
        let context = try context()
        let run = try queue(context)
        let launcher = LocalLauncher(program: program, grace: .seconds(600))
        let service = SupervisionService(context, launcher: launcher)
        try service.startNext()
        #expect(try await TestSupport.eventually { await steps(context, run).count == 3 })
        #expect(try service.cancel(run.id, by: "ada").state == .cancelled)
        #expect(service.active.count == 1 && launcher.processCount == 1, "the worker has yet to leave")
        #expect(try await TestSupport.eventually { service.active.count == 0 })
        #expect(launcher.processCount == 0 && count("cancelled", run) == 1)
        #expect(count("stopped", run) == 0, "no checkpoint was asked for")
        #expect(try context.ledger.transitions(run.id).map(\.state) == [.queued, .training, .cancelled])
    }

    @Test func aPausedRunLeavesItsSlotAtACheckpointAndGoesOnWhenItIsResumed() async throws {
        let context = try context()
        let run = try queue(context)
        let launcher = LocalLauncher(program: program, grace: .seconds(600))
        let service = SupervisionService(context, launcher: launcher)
        try service.startNext()
        #expect(try await TestSupport.eventually { await steps(context, run).count == 3 })
        #expect(try service.pause(run.id, by: "ada").state == .queued)
        #expect(try await TestSupport.eventually { service.active.count == 0 })
        #expect(launcher.processCount == 0 && count("stopped", run) == 1 && count("cancelled", run) == 0)
        try service.startNext()
        #expect(service.active.count == 0, "a paused run takes no slot")

        // Another daemon leaves it alone as well, until it is resumed.
        let next = SupervisionService(try self.context(), launcher: LocalLauncher(program: program))
        try next.startNext()
        #expect(next.active.count == 0 && count("begun", run) == 1)
        #expect(throws: Failure.self) { try next.pause(run.id, by: "ada") }
        #expect(try next.resume(run.id, by: "ada").paused == nil)
        #expect(throws: Failure.self) { try next.resume(run.id, by: "ada") }
        try next.startNext()
        #expect(try await TestSupport.eventually { count("begun", run) == 2 })
        _ = try next.cancel(run.id, by: "ada")
        #expect(try await TestSupport.eventually { next.active.count == 0 })
        #expect(throws: Failure.self) { try next.pause(run.id, by: "ada") }
        #expect(throws: Failure.self) { try next.resume(run.id, by: "ada") }
        let history = try context.ledger.transitions(run.id)
        #expect(history.map(\.state) == [.queued, .training, .queued, .queued, .training, .cancelled])
        #expect(history.compactMap(\.message) == ["paused by ada", "resumed by ada", "by ada"])
    }

    @Test func aDaemonThatGoesStopsLocalWorkAtACheckpoint() async throws {
        let context = try context()
        let run = try queue(context)
        let service = SupervisionService(context, launcher: LocalLauncher(program: program))
        try service.startNext()
        #expect(try await TestSupport.eventually { await steps(context, run).count == 3 })
        await service.active.leaveAll()
        #expect(count("stopped", run) == 1 && count("cancelled", run) == 0)
        #expect(try context.ledger.run(run.id)?.state == .queued)
        #expect(try context.ledger.run(run.id)?.attempts == 0)
    }
}

/// A launcher that cannot be asked.
private struct UnreachableLauncher: WorkerLauncher {
    private let failure = Failure(code: "cluster.unreachable", "The cluster does not answer.")
    func submit(_ request: WorkerRequest) async throws -> WorkHandle { throw WorkerEnd.died(failure) }
    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? { throw failure }
    func stop(_ handle: WorkHandle) async {}
    func cancel(_ handle: WorkHandle) async {}
    func leave(_ handle: WorkHandle) async {}
}
