import Foundation
import Launching
import Nouns
import Platform
import Settings
import TestSupport
import Testing

@testable import Supervision

/// A run that cannot be worked on keeps no other from its worker.
struct IsolationTests {
    @Test func aRunWhoseFolderCannotBeMadeHoldsUpNoOtherPipeline() async throws {
        let scene = try await OutlivingWorkTests()
        let context = try scene.context()
        var folder = SettingsFolder()
        folder.daemon.minimumFreeBytes = 0
        folder.pipelines = [
            PipelineSettings(name: "a", file: "a.toml", base: "tiny"),
            PipelineSettings(name: "p", file: "p.toml", base: "tiny"),
        ]
        context.settings.replace(folder)
        let second = try scene.queue(context)
        try context.ledger.add(
            Snapshot(id: "s-a", pipeline: "a", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let first = try #require(
            try context.ledger.queue(taking: []) {
                var run = Run(
                    id: $0, pipeline: "a", mode: .fromBase, base: "tiny", snapshot: "s-a", drops: [],
                    recipe: Recipe(), createdAt: Date(), requestedBy: "t")
                // There is one slot, and it has it first.
                run.priority = 1000
                return run
            })
        // A file lies where the folder of its run should be.
        try AtomicFile.write(Data(), to: scene.sandbox.layout.run(first.id))
        let service = SupervisionService(context, launcher: LocalLauncher(program: scene.program))
        #expect(
            try await TestSupport.eventually {
                try service.startNext()
                return await scene.steps(context, second).count == 3
            })
        let failed = try #require(try context.ledger.run(first.id))
        #expect(failed.state == .failed && failed.cause != nil)
        #expect(context.problems.count == 0, "what is wrong with a run is the run's own cause")
        await service.active.leaveAll()
    }
}
