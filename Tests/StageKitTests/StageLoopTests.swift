import Dispatch
import Foundation
import Ledger
import Logging
import Nouns
import Platform
import ServiceLifecycle
import Settings
import Synchronization
import TestSupport
import Testing

@testable import StageKit

/// The loop of every stage: what it holds up, and what it does not.
@Suite(.timeLimit(.minutes(10)))
struct StageLoopTests {
    let sandbox: Sandbox
    let context: StageContext
    let log = LineLog()

    init() throws {
        sandbox = try Sandbox()
        let log = log
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder()), logger: Logger(label: "test") { _ in log })
    }

    func loop(_ name: String = "stage") -> StageLoop {
        StageLoop(name, context, bell: Bell(), every: .seconds(3600))
    }

    /// The loop as a service of a daemon that is told to stop.
    private struct OneStage: Service {
        let loop: StageLoop
        let pass: @Sendable () async throws -> StageLoop.Next
        func run() async throws { await loop.run(pass) }
    }

    // MARK: - Threads

    @Test func stagesThatBlockHoldUpNeitherAnswersNorKeepAlives() async throws {
        let gate = Gate()
        // More than the pool of Swift's tasks has threads.
        let count = 2 * ProcessInfo.processInfo.activeProcessorCount + 2
        var stages: [Task<Void, Never>] = []
        for number in 0..<count {
            let loop = loop("stage-\(number)")
            stages.append(Task { await loop.run { gate.pass() } })
        }
        await gate.wait(for: count)
        let answers = AnswerThreads()
        let presence = ThreadExecutor(name: "presence")
        var (quick, heavy, alive) = (0, 0, 0)
        for _ in 0..<100 {
            quick += try await answers.serving { try context.ledger.runs().isEmpty ? 1 : 0 }
            heavy += try await answers.heavy { 1 }
            alive += try await withTaskExecutorPreference(presence) {
                try context.ledger.ping()
                await answers.serving {}
                return 1
            }
        }
        #expect(quick == 100 && heavy == 100 && alive == 100)
        #expect(gate.passed == 0, "all of them came while every stage was blocked")
        gate.open(for: count)
        for stage in stages { stage.cancel() }
        for stage in stages { await stage.value }
        #expect(gate.passed == count)
    }

    @Test func heavyAnswersHoldUpNoQuickOne() async throws {
        let gate = Gate()
        let answers = AnswerThreads()
        let count = 3 * AnswerThreads.heavyAtOnce
        var heavy: [Task<Void, any Error>] = []
        for _ in 0..<count { heavy.append(Task { try await answers.heavy { gate.pass() } }) }
        await gate.wait(for: AnswerThreads.heavyAtOnce)
        var quick = 0
        for _ in 0..<100 { quick += await answers.serving { 1 } }
        #expect(quick == 100 && gate.passed == 0)
        gate.open(for: count)
        for answer in heavy { try await answer.value }
        #expect(gate.passed == count)
    }

    @Test func aStopEndsAPassThatComputes() async throws {
        let began = Bell()
        let loop = loop()
        let stopped = Atomic<Bool>(false)
        let group = ServiceGroup(
            services: [
                OneStage(loop: loop) {
                    began.ring()
                    // As work in pieces does, without ever giving its thread back.
                    while !Task.isCancelled { usleep(1000) }
                    stopped.store(true, ordering: .relaxed)
                    throw CancellationError()
                }
            ], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        await began.wait(atMost: .seconds(300))
        await group.triggerGracefulShutdown()
        try await running.value
        let isStopped = stopped.load(ordering: .relaxed)
        #expect(isStopped)
        #expect(context.problems.count == 0, "to be stopped is no fault")
    }

    @Test func whatStopsAnsweringIsSaid() async throws {
        let began = Bell()
        let answers = AnswerThreads()
        let said = Mutex<Failure?>(nil)
        struct OneAnswer: Service {
            let body: @Sendable () async -> Void
            func run() async throws { await body() }
        }
        let group = ServiceGroup(
            services: [
                OneAnswer {
                    do {
                        try await answers.heavy {
                            began.ring()
                            while true {
                                try Task.checkCancellation()
                                usleep(1000)
                            }
                        }
                    } catch { said.withLock { $0 = error as? Failure } }
                    try? await gracefulShutdown()
                }
            ], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        await began.wait(atMost: .seconds(300))
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(said.withLock { $0 }?.code == "daemon.stopping")
    }

    // MARK: - Faults

    @Test func oneItemsFaultIsItsOwnAndGoesWithIt() async throws {
        let loop = loop()
        let broken = Failure(code: "file.broken", "It is broken.")
        func pass(_ items: [String], broken faulty: Set<String>) throws -> [String] {
            var done: [String] = []
            try loop.each(items, as: "run", key: { $0 }, about: { ["run": "\($0)"] }) { item in
                if faulty.contains(item) { throw broken }
                done.append(item)
            }
            return done
        }
        #expect(try pass(["a", "b", "c"], broken: ["a", "b"]) == ["c"])
        #expect(context.problems.all(prefix: "stage:run:").count == 2 && log.lines.count == 2)
        #expect(try pass(["a", "b", "c"], broken: ["a"]) == ["b", "c"])
        #expect(context.problems.all(prefix: "stage:run:").count == 1, "what is mended is no problem any more")
        #expect(log.lines.count == 2, "a fault that stays is told once")
        #expect(try pass(["b"], broken: []) == ["b"])
        #expect(context.problems.count == 0, "nor is the fault of what is no more")
        #expect(try pass(["a"], broken: ["a"]).isEmpty)
        #expect(log.lines.count == 3, "one that comes again is told again")
    }

    @Test func anErrorWithoutACodeHasTheStages() throws {
        struct Odd: Error {}
        let loop = StageLoop("stage", code: "stage.odd", context, bell: Bell(), every: .seconds(1))
        let done: Int? = try loop.guarding("stage:x:1") { throw Odd() }
        #expect(done == nil)
        #expect(context.problems.all().map(\.code) == ["stage.odd"])
    }

    @Test func aWorkerThatGaveWayIsNoFaultAndEndsNoPass() throws {
        var done: [Int] = []
        try loop().each([1, 2], as: "run", key: { "\($0)" }) { item in
            if item == 1 { throw CancellationError() }
            done.append(item)
        }
        #expect(done == [2] && context.problems.count == 0)
    }

    @Test func aCancelledTaskBeginsNoItem() async throws {
        let loop = loop()
        let task = Task { () -> Int in
            while !Task.isCancelled { await Task.yield() }
            var begun = 0
            do { try loop.each([1, 2], as: "run", key: { "\($0)" }) { _ in begun += 1 } } catch { return begun }
            return -1
        }
        task.cancel()
        #expect(await task.value == 0)
    }

    @Test func aPassThatFailsIsTheStagesProblemUntilOneGoesWell() async throws {
        let passes = Atomic<Int>(0)
        let (bell, seen) = (Bell(), Bell())
        let problems = context.problems
        let loop = StageLoop("stage", context, bell: bell, every: .seconds(3600))
        let found = Mutex<[[String]]>([])
        let running = Task {
            await loop.run {
                found.withLock { $0.append(problems.all().map(\.code)) }
                defer { seen.ring() }
                switch passes.add(1, ordering: .relaxed).newValue {
                case 1, 2: throw Failure(code: "ledger.full", "No room.")
                default: return .later
                }
            }
        }
        for _ in 0..<4 {
            await seen.wait(atMost: .seconds(300))
            bell.ring()
        }
        await seen.wait(atMost: .seconds(300))
        running.cancel()
        await running.value
        #expect(found.withLock { Array($0.prefix(4)) } == [[], ["ledger.full"], ["ledger.full"], []])
        #expect(log.lines.count == 1)
    }
}

/// Where threads wait, blocked, until they are let through.
private final class Gate: Sendable {
    private let arrivals = DispatchSemaphore(value: 0)
    private let openings = DispatchSemaphore(value: 0)
    private let count = Atomic<Int>(0)

    /// How many have got through.
    var passed: Int { count.load(ordering: .relaxed) }

    /// Blocks the calling thread until the gate is opened for it.
    func pass() {
        arrivals.signal()
        openings.wait()
        count.add(1, ordering: .relaxed)
    }

    func open(for threads: Int) { for _ in 0..<threads { openings.signal() } }

    /// Waits until so many have arrived, on a thread of its own, as a test must not hold the pool either.
    func wait(for threads: Int) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                for _ in 0..<threads { arrivals.wait() }
                continuation.resume()
            }
        }
    }
}

/// Keeps what was logged.
struct LineLog: LogHandler {
    private final class Kept: Sendable { let lines = Mutex<[String]>([]) }
    private let kept = Kept()
    var lines: [String] { kept.lines.withLock { $0 } }
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { kept.lines.withLock { $0.append("\(event.message)") } }
}
