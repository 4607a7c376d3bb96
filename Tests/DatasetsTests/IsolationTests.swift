import Foundation
import Nouns
import Platform
import Settings
import TestSupport
import Testing

@testable import Datasets

/// What is wrong with one pipeline's rows, index or worker keeps no other pipeline from its own.
struct IsolationTests {
    @Test func aDropWithoutItsRowsHoldsUpNoOtherDropAndNoOtherPipeline() throws {
        let scene = try scene()
        try scene.validated("d-1", DatasetScene.questions(0..<20), pipeline: "a")
        try scene.validated("d-2", DatasetScene.questions(20..<40), pipeline: "a")
        try scene.validated("d-3", DatasetScene.questions(0..<20), pipeline: "p")
        let rows = scene.sandbox.layout.intake("a", drop: "d-1") + "/rows.jsonl.zst"
        try FileManager.default.moveItem(atPath: rows, toPath: rows + ".away")
        try scene.service.pass()
        #expect(
            try ["d-1", "d-2", "d-3"].map { try scene.context.ledger.drop($0)?.state } == [
                .validated, .stored, .stored,
            ])
        #expect(scene.context.problems.all(prefix: "datasets:drop:d-1").count == 1 && scene.context.problems.count == 1)
        try FileManager.default.moveItem(atPath: rows + ".away", toPath: rows)
        try scene.service.pass()
        #expect(try scene.context.ledger.drop("d-1")?.state == .stored && scene.context.problems.count == 0)
    }

    @Test func anIndexThatCannotBeMadeHoldsUpNoOtherPipeline() throws {
        let scene = try scene()
        try scene.validated("d-1", DatasetScene.questions(0..<20), pipeline: "a")
        try scene.validated("d-2", DatasetScene.questions(0..<20), pipeline: "p")
        // A file lies where the folder of the index should be.
        let index = scene.sandbox.layout.nearIndex("a")
        try AtomicFile.makeFolder((index as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data(), to: index)
        try scene.service.pass()
        #expect(try ["d-1", "d-2"].map { try scene.context.ledger.drop($0)?.state } == [.validated, .stored])
        #expect(scene.context.problems.count == 1)
    }

    @Test func aWorkerThatFailsHoldsUpTheReportOfNoOtherPipeline() async throws {
        let scene = try scene()
        for (base, pipeline) in [("other", "a"), ("tiny", "p")] {
            try scene.context.ledger.add(
                BaseCard(
                    id: BaseID(base), architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1,
                    layers: 1, width: 1, vocabulary: 1, tokenizer: base, tokenizerDigest: base, format: "gguf",
                    digest: base, trainingMemoryBytes: 1))
            try scene.validated(
                DropID("d-\(pipeline)"), DatasetScene.questions(0..<20), pipeline: PipelineName(pipeline))
        }
        try scene.service.pass()
        let examiner = DatasetExaminer(
            scene.context, service: scene.service, launcher: CountingLauncher(refusing: "other"))
        let stage = Task { try await examiner.run() }
        #expect(
            try await TestSupport.eventually { try scene.context.ledger.report("p")?.tokens != nil })
        #expect(try scene.context.ledger.report("a")?.tokens == nil)
        #expect(scene.context.problems.all(prefix: "examination:pipeline:a").count == 1)
        stage.cancel()
        try await stage.value
    }

    /// The pipelines `a`, which comes first, and `p`.
    private func scene() throws -> DatasetScene {
        let scene = try DatasetScene()
        try scene.sandbox.pipeline("a", "base = \"other\"\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        return scene
    }
}
