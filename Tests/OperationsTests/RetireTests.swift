import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Platform
import Testing

/// A pipeline ends whole: nothing of it is at work or served, its files go, its records stay.
struct RetireTests {
    let scene: OperationsScene
    init() throws { scene = try OperationsScene() }

    private func put(_ path: String) throws {
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data("text".utf8), to: path)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func aPipelineWithAFileIsNotEnded() throws {
        let failure = #expect(throws: Failure.self) {
            try scene.operations.pipelines.retire("support", RetireRequest(reason: "r"), who: "ada")
        }
        #expect(failure?.code == "pipeline.configured")
        let unknown = #expect(throws: Failure.self) {
            try scene.operations.pipelines.retire("nobody", RetireRequest(reason: "r"), who: "ada")
        }
        #expect(unknown?.code == "pipeline.unknown")
    }

    @Test(arguments: [false, true]) func itsWorkItsModelsAndWhenAskedItsDataGo(erase: Bool) throws {
        let layout = scene.sandbox.layout
        let run = try scene.queue()
        _ = try scene.context.ledger.receive(
            Drop(
                id: "d-1", pipeline: "support", name: "a", sha256: "a", bytes: 1, state: .stored, receivedAt: Date()))
        let version = ModelVersion(
            id: "v-1", pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
            snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m")
        try scene.context.ledger.add(version)
        _ = try scene.context.ledger.promote(
            "support", to: "v-1", run: nil, kind: .manual, who: "ada", reason: "good")
        try scene.context.ledger.setAlias("stable", of: "support", to: "v-1", who: "ada")
        for path in [
            layout.versionRecord("support", "v-1"), layout.run(run.id) + "/request.json",
            layout.intake("support", drop: "d-1") + "/original", layout.shards("support") + "/x.jsonl.zst",
            layout.storedCompletion("support", "chatcmpl-1"),
        ] { try put(path) }
        try FileManager.default.removeItem(atPath: layout.pipelineFile("support"))

        let answer = try scene.operations.pipelines.retire(
            "support", RetireRequest(reason: "no more tickets", erase: erase), who: "ada")
        #expect(answer.cancelled == [run.id] && answer.served == "v-1" && answer.bytes > 0)
        #expect(answer.erased == (erase ? 1 : 0))
        #expect(!exists(layout.models("support")) && !exists(layout.run(run.id)))
        #expect(exists(layout.intake("support")) != erase && exists(layout.datasets("support")) != erase)
        #expect(exists(layout.feedback("support")) != erase)
        #expect(try scene.context.ledger.drop("d-1")?.state == (erase ? .revoked : .stored))
        #expect(try scene.context.ledger.run(run.id)?.state == .cancelled)
        #expect(try scene.context.ledger.served("support")?.version == nil)
        #expect(try scene.context.ledger.history("support").first?.reason == "retired: no more tickets")
        #expect(try scene.context.ledger.verify("support").intact)
        #expect(try scene.operations.pipelines.list().isEmpty)
        // Asked again, it finds nothing left to do.
        let again = try scene.operations.pipelines.retire("support", RetireRequest(reason: "r"), who: "ada")
        #expect(again.cancelled.isEmpty && again.served == nil && again.bytes == 0)
    }

    @Test func aRenamedPipelineKeepsItsHistory() throws {
        let layout = scene.sandbox.layout
        let ledger = scene.context.ledger
        let run = try scene.queue()
        _ = try scene.operations.runs.cancel(run.id, who: "ada")
        _ = try ledger.receive(
            Drop(
                id: "d-1", pipeline: "support", name: "a", sha256: "a", bytes: 1, state: .stored, receivedAt: Date()))
        let adapter = AdapterReference(path: layout.version("support", "v-1") + "/adapter-0", sha256: "a")
        try ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [adapter],
                snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        _ = try ledger.promote("support", to: "v-1", run: nil, kind: .manual, who: "ada", reason: "good")
        for path in [
            layout.versionRecord("support", "v-1"), layout.drop("support") + "/waiting.jsonl",
            layout.storedCompletion("support", "chatcmpl-1"),
        ] { try put(path) }
        try FileManager.default.moveItem(
            atPath: layout.pipelineFile("support"), toPath: layout.pipelineFile("support") + ".renaming")
        let request = RenameRequest(name: "help")
        _ = try scene.operations.pipelines.rename("support", request, who: "ada")
        _ = try scene.operations.pipelines.rename("support", request, who: "ada")
        #expect(try ledger.drops(pipeline: "help", limit: 9).map(\.id) == ["d-1"])
        #expect(try ledger.run(run.id)?.pipeline == "help" && ledger.pipelines() == ["help"])
        let version = try #require(try ledger.version("v-1"))
        #expect(version.pipeline == "help")
        #expect(version.adapters.map(\.path) == [layout.version("help", "v-1") + "/adapter-0"])
        #expect(try ledger.served("help")?.version == "v-1")
        _ = try ledger.promote("help", to: nil, run: nil, kind: .rollback, who: "ada", reason: "back")
        #expect(try ledger.history("help").map(\.pipeline) == ["help", "support"])
        #expect(try ledger.history("help").first?.previous == "v-1")
        #expect(try ledger.verify("help") == VerifyAnswer(records: 2, intact: true))
        #expect(exists(layout.versionRecord("help", "v-1")) && exists(layout.drop("help") + "/waiting.jsonl"))
        #expect(exists(layout.storedCompletion("help", "chatcmpl-1")) && !exists(layout.feedback("support")))
        #expect(!exists(layout.models("support")) && !exists(layout.drop("support")))
        let again = #expect(throws: Failure.self) {
            try scene.operations.pipelines.rename("help", RenameRequest(name: "support"), who: "ada")
        }
        #expect(again?.code == "pipeline.exists", "a former name is never used again")
    }

    @Test func aPipelineAtWorkIsNotRenamed() throws {
        let run = try scene.queue()
        try FileManager.default.removeItem(atPath: scene.sandbox.layout.pipelineFile("support"))
        let failure = #expect(throws: Failure.self) {
            try scene.operations.pipelines.rename("support", RenameRequest(name: "help"), who: "ada")
        }
        #expect(failure?.code == "pipeline.busy" && failure?.message.contains(run.id.rawValue) == true)
        #expect(scene.context.settings.pipeline("support") != nil, "it goes on under its name")
    }
}
