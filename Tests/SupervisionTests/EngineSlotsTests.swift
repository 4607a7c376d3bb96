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

/// Each engine has slots of its own, beside this machine's.
struct EngineSlotsTests {
    let sandbox: Sandbox
    let context: StageContext
    let launcher = ScriptedLauncher([])

    init() throws {
        sandbox = try Sandbox()
        try sandbox.settings("minimum_free = 0\ncompute_slots = 1\n")
        try sandbox.pipeline("p", "base = \"tiny\"\n")
        var folder = SettingsFolder.read(sandbox.layout)
        var profile = EngineProfile(name: "gpu", file: "gpu.toml")
        (profile.program, profile.slots) = ("/engine", 2)
        folder.engines = [profile]
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(folder),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        try context.ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
    }

    private func queue(on engine: EngineName?) throws -> RunID {
        let run = try context.ledger.queue(taking: []) { id in
            var run = Run(
                id: id, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
            run.engine = engine
            return run
        }
        return try #require(run).id
    }

    @Test func runsTakeTheSlotsOfTheirOwnEngine() async throws {
        // Describing it takes until the test is over, so that its runs stay where they are.
        let hold = sandbox.root + "/hold"
        try Data().write(to: URL(filePath: hold))
        let slow = try await sandbox.script("engine", "while [ -e '\(hold)' ]; do sleep 0.05; done")
        context.settings.replace(with: slow)
        let roster = EngineRoster(folder: sandbox.root + "/d", standard: slow) { [context] in context.settings.now }
        let service = SupervisionService(
            context, launcher: launcher, roster: roster, retries: Retries(unit: .milliseconds(1)))
        let local = try (1...2).map { _ in try queue(on: nil) }
        let far = try (1...3).map { _ in try queue(on: "gpu") }
        try service.startNext()
        #expect(service.places == [nil: 1, "gpu": 2])
        #expect(service.active.all == Set([local[0], far[0], far[1]]))
        try service.startNext()
        #expect(service.active.all.count == 3)
        try FileManager.default.removeItem(atPath: hold)
        await service.active.leaveAll()
    }

    @Test func aRunWhoseEngineIsNotThereWaits() async throws {
        let service = SupervisionService(context, launcher: launcher, retries: Retries(unit: .milliseconds(1)))
        let id = try queue(on: "gone")
        let isHeld = try await TestSupport.eventually {
            // Once it is held and nobody is at it, nobody begins it again meanwhile.
            if let run = try context.ledger.run(id), run.holds ?? 0 > 0, !service.active.contains(id) { return true }
            try service.startNext()
            return false
        }
        let run = try #require(try context.ledger.run(id))
        #expect(isHeld && run.state == .queued && run.cause?.code == "engine.unknown" && run.attempts == 0)
        await service.active.leaveAll()
    }
}

extension LiveSettings {
    /// Gives the engine another program.
    fileprivate func replace(with program: String) {
        var folder = now
        folder.engines[0].program = program
        replace(folder)
    }
}
