import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Serving
import Settings
import Synchronization
import Testing
import WorkerProtocol

struct GenerateTests {
    @Test func theBaseAnswersWhereNothingIsServed() async throws {
        let asked = Mutex<[ServingRequest]>([])
        let scene = try OperationsScene(model: { request in
            asked.withLock { $0.append(request) }
            return "yes"
        })
        let request = GenerateRequest(prompts: ["well?"], maxNewTokens: 7, temperature: 0.5, seed: 3)
        let answer = try await scene.operations.pipelines.generate("support", request, who: "ann")
        #expect(answer.version == nil)
        #expect(answer.outputs.map(\.text) == ["yes"])
        let told = try #require(asked.withLock { $0.first })
        #expect(told.target.model.base == "tiny" && told.target.version == nil)
        #expect(told.question.messages == [Message(role: "user", content: "well?")])
        #expect(told.drawing == ServingDrawing(maxNewTokens: 7, temperature: 0.5, seed: 3))
        #expect(told.caller == "test:ann")
    }

    @Test func answersComeInTheOrderOfThePrompts() async throws {
        let scene = try OperationsScene(model: { $0.question.messages?.first?.content ?? "" })
        let prompts = (0..<300).map { "prompt \($0)" }
        let answer = try await scene.operations.pipelines.generate(
            "support", GenerateRequest(prompts: prompts), who: "ann")
        #expect(answer.outputs.map(\.text) == prompts && answer.outputs.map(\.index) == Array(0..<300))
    }

    /// Who asks for a version whose files retention has removed is told when and why they went.
    @Test func aVersionThatWasRemovedSaysWhenAndWhy() throws {
        let scene = try OperationsScene()
        let run = try scene.queue()
        try scene.context.ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
                snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        let names = ServingNames(scene.context)
        let gone = #expect(throws: Failure.self) { try names.target("v-1") }
        #expect(gone?.code == "model.removed" && gone?.message.contains("has not removed them") == true)
        try scene.context.ledger.clear(.version, "v-1")
        let removed = #expect(throws: Failure.self) { try names.target("v-1") }
        let day = String(Date().ISO8601Format().prefix(10))
        #expect(
            removed?.message.contains("removed on \(day)") == true
                && removed?.message.contains("no rule of [retention] kept them") == true)
    }

    /// A settings file that is renamed or deleted takes no served model away from those who ask it.
    @Test func aPipelineWithoutItsFileGoesOnAnswering() async throws {
        let asked = Mutex<[ServingRequest]>([])
        let scene = try OperationsScene(model: { request in
            asked.withLock { $0.append(request) }
            return "yes"
        })
        let (layout, ledger) = (scene.sandbox.layout, scene.context.ledger)
        let run = try scene.queue()
        try ledger.add(
            ModelVersion(
                id: "v-12345678", pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
                snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        _ = try ledger.promote("support", to: "v-12345678", run: nil, kind: .manual, who: "ada", reason: "good")
        let record = layout.versionRecord("support", "v-12345678")
        try AtomicFile.makeFolder((record as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data("{}".utf8), to: record)
        try FileManager.default.removeItem(atPath: layout.pipelineFile("support"))
        scene.context.settings.replace(SettingsFolder.read(layout))

        let answer = try await scene.operations.pipelines.generate(
            "support", GenerateRequest(prompts: ["well?"]), who: "ann")
        #expect(answer.version == "v-12345678" && answer.outputs.map(\.text) == ["yes"])
        let base = try await scene.operations.pipelines.generate(
            "support", GenerateRequest(prompts: ["well?"], useBase: true), who: "ann")
        #expect(base.version == nil && asked.withLock { $0.last?.target.model.base } == "tiny")
        let names = ServingNames(scene.context)
        #expect(try names.target("support").version == "v-12345678")
        #expect(try names.target("ft:tiny:local:support").version == "v-12345678")
        #expect(try names.pipelines() == ["support"])

        // Where nothing is served, nothing is left that could answer.
        _ = try ledger.promote("support", to: nil, run: nil, kind: .rollback, who: "ada", reason: "bad")
        let nothing = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate(
                "support", GenerateRequest(prompts: ["well?"]), who: "ann")
        }
        #expect(nothing?.message == "The pipeline 'support' has no settings file any more.")
        #expect(try names.pipelines().isEmpty)
    }

    @Test func whatTheServingPathSaysIsTheAnswer() async throws {
        let scene = try OperationsScene(model: { _ in throw Failure(code: "serving.unavailable", "Cut off.") })
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate("support", GenerateRequest(prompts: ["x"]), who: "ann")
        }
        #expect(failure?.code == "serving.unavailable")
    }

    @Test func namesThatAreNotThereAreUnknown() async throws {
        let scene = try OperationsScene()
        let nobody = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate("nobody", GenerateRequest(prompts: ["x"]), who: "ann")
        }
        #expect(nobody?.code == "pipeline.unknown")
        let nothing = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate(
                "support", GenerateRequest(prompts: ["x"], model: "v-1"), who: "ann")
        }
        #expect(nothing?.code == "model.unknown" && nothing?.remedy?.contains("support, tiny") == true)
    }
}
