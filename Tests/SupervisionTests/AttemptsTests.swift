import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Settings
import StageKit
import TestSupport
import Testing
import WorkerProtocol

@testable import Supervision

/// What counts against a run's attempts, and what is waited for.
struct AttemptsTests {
    static let killed = WorkerEnd.died(Failure(code: "worker.killed", "It was killed."))
    static let crashed = WorkerEnd(exit: 70, saying: nil, in: "/w")
    static let full = WorkerEnd(exit: 73, saying: Failure(code: "worker.disk_full", "No room."), in: "/w")

    /// A queued run, and workers that live as written; attempts are two.
    struct Scene {
        let sandbox: Sandbox
        let context: StageContext
        let launcher: ScriptedLauncher
        let service: SupervisionService
        let id: RunID

        init(
            _ lives: [ScriptedLauncher.Life], settings: String = "", machine: () -> MachineWatch = { MachineWatch() }
        ) throws {
            sandbox = try Sandbox()
            try sandbox.settings("minimum_free = 0\n[worker]\nattempts = 2\n" + settings)
            try sandbox.pipeline("p", "base = \"tiny\"\n")
            context = StageContext(
                layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
                settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try context.ledger.add(
                BaseCard(
                    id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                    width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                    trainingMemoryBytes: 1))
            try context.ledger.add(
                Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
            let queued = try context.ledger.queue(taking: []) {
                Run(
                    id: $0, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                    createdAt: Date(), requestedBy: "t")
            }
            id = try #require(queued).id
            launcher = ScriptedLauncher(lives)
            service = SupervisionService(
                context, launcher: launcher, machine: machine(), retries: Retries(unit: .milliseconds(1)))
        }

        /// Starts what is due until `condition` holds.
        func work(until condition: (Run) throws -> Bool) async throws -> Run {
            let isReached = try await TestSupport.eventually {
                try service.startNext()
                return try condition(#require(try context.ledger.run(id)))
            }
            let run = try #require(try context.ledger.run(id))
            #expect(isReached, "\(run.state) \(run.cause?.description ?? "")")
            return run
        }

        func states() throws -> [RunState] { try context.ledger.transitions(id).map(\.state) }
    }

    @Test func aWorkersOwnDeathsCount() async throws {
        let scene = try Scene([.init(end: Self.crashed), .init(end: Self.crashed)])
        let run = try await scene.work { $0.state == .failed }
        #expect(scene.launcher.count == 2 && run.cause?.code == "worker.exit")
        #expect(try scene.states() == [.queued, .training, .queued, .training, .failed])
    }

    @Test func whatMayHaveBeenTheMachinesDoingIsTriedOnceMore() async throws {
        let scene = try Scene(Array(repeating: .init(end: Self.killed), count: 4))
        let run = try await scene.work { $0.state == .failed }
        #expect(scene.launcher.count == 4 && run.queuedAgain == true && run.cause?.code == "worker.killed")
    }

    @Test(arguments: [75, 74])
    func leavingUnaskedCountsUnlessTheCheckpointHasMoved(status: Int32) async throws {
        let left = WorkerEnd(exit: status, saying: nil, in: "/nowhere")
        let moving = (1...6).map { ScriptedLauncher.Life(checkpoint: $0 * 5, end: left) }
        let scene = try Scene(moving + [.init(checkpoint: 30, end: left), .init(end: left)])
        let run = try await scene.work { $0.state == .failed }
        #expect(scene.launcher.count == 8, "six that moved, and two that did not")
        #expect(run.checkpoint == 30 && run.cause?.code == left.failure?.code)
    }

    @Test func aFullDiskIsWaitedForHoweverLongItLasts() async throws {
        let scene = try Scene(Array(repeating: .init(checkpoint: 5, end: Self.full), count: 9))
        _ = try await scene.work { $0.holds ?? 0 >= 5 }
        let waiting = try #require(try scene.context.ledger.run(scene.id))
        #expect(waiting.attempts <= 1 && waiting.queuedAgain == nil)
        #expect(scene.context.problems.all(prefix: "supervision:held:").map(\.code) == ["disk.full"])
        let training = try await scene.work { _ in scene.launcher.count == 10 }
        #expect(training.state == .training && training.holds == 9 && training.attempts == 1)
        // It is cancelled in the end, and nothing is waited for any more.
        _ = try scene.service.cancel(scene.id, by: "ann")
        _ = try await scene.work { _ in scene.context.problems.all(prefix: "supervision:").isEmpty }
    }

    @Test func aRestartCostsNothing() async throws {
        let scene = try Scene([])
        for _ in 1...5 {
            let run = try #require(try scene.context.ledger.run(scene.id))
            // A daemon that was killed leaves the run as it is; the next one finds no work.
            try scene.context.apply(scene.id, .workerStarted(resumes: run.startedAt != nil))
            let next = SupervisionService(scene.context, launcher: ScriptedLauncher([]))
            try next.startNext()
            #expect(
                try await TestSupport.eventually {
                    try scene.context.ledger.transitions(scene.id).last?.state == .queued
                })
            await next.active.leaveAll()
        }
        #expect(try scene.context.ledger.run(scene.id)?.attempts == 0)
    }

    @Test func thePausesDoubleUpToFiveMinutes() {
        let retries = Retries()
        let pauses = (1...12).map { retries.pause($0) }
        #expect(pauses.prefix(9) == [1, 2, 4, 8, 16, 32, 64, 128, 256].map(Duration.seconds)[...])
        #expect(pauses.suffix(3) == Array(repeating: .seconds(300), count: 3)[...])
        let id: RunID = "r-1"
        #expect(retries.isDue(id) && retries.next == nil)
        retries.later(id)
        #expect(!retries.isDue(id) && retries.next != nil)
        retries.forget(id)
        #expect(retries.isDue(id) && retries.next == nil)
    }
}
