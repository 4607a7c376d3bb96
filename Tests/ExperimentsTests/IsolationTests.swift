import ControlProtocol
import Foundation
import Launching
import Nouns
import Settings
import Testing
import WorkerProtocol

@testable import Experiments

/// An experiment that cannot go on keeps no other from its trials.
struct IsolationTests {
    @Test func anExperimentWithoutItsBaseHoldsUpNoOtherPipeline() async throws {
        let scene = try Scene(pipeline: ExperimentServiceTests.settings)
        var folder = SettingsFolder()
        var first = PipelineSettings(name: "a", file: "a.toml", base: "three")
        var second = PipelineSettings(name: "p", file: "p.toml", base: "one")
        ExperimentServiceTests.settings(&first)
        ExperimentServiceTests.settings(&second)
        folder.pipelines = [first, second]
        scene.context.settings.replace(folder)
        let snapshot = try scene.snapshot()
        let launcher = StubLauncher { request in
            guard case .train(let task) = request.task else {
                throw WorkerEnd.failed(Failure(code: "test", "not asked for"))
            }
            return try ExperimentServiceTests.train(request, task)
        }
        let service = ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot }
        let stuck = try service.start("a", StartExperiment(), by: "me")
        let other = try service.start("p", StartExperiment(), by: "me")
        try scene.context.ledger.removeBase("three")
        for _ in 0..<500 { if try await !service.pass() { break } }
        #expect(try scene.context.ledger.experiment(other.id)?.state == .finished)
        #expect(try scene.context.ledger.experiment(stuck.id)?.state == .running)
        let problems = scene.context.problems.all(prefix: "experiments:experiment:\(stuck.id)")
        #expect(problems.map(\.code) == ["base.unknown"] && scene.context.problems.count == 1)
    }
}
