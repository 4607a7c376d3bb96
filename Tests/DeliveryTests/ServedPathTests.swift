import Foundation
import Nouns
import Platform
import StageKit
import TestSupport
import Testing
import WorkerProtocol

@testable import Delivery

/// What was judged is what is delivered, and golden rows are asked again of what is served.
struct ServedPathTests {
    let scene: DeliveryServiceTests

    init() throws { scene = try DeliveryServiceTests() }

    /// One that answers every question with `answer`, and exports.
    static func launcher(_ answer: String) -> FakeLauncher {
        FakeLauncher(answer: answer, FakeLauncher.export)
    }

    func golden(_ lines: String) throws {
        let folder = scene.sandbox.layout.golden("p")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(lines.utf8).write(to: URL(filePath: folder + "/facts.jsonl"))
    }

    @Test func aBrokenGoldenRowRollsBackAndAWholeOneStays() async throws {
        try golden(
            #"{"prompt": "2+2?", "assert": {"number": 4}}"# + "\n"
                + #"{"prompt": "3+3?", "assert": {"number": 6}, "required": false}"#)
        let context = try scene.context("")
        let good = try scene.promoted(context)
        try FileManager.default.createDirectory(
            atPath: scene.sandbox.layout.models("p"), withIntermediateDirectories: true)
        try await scene.service(context, Self.launcher("4")).pass()
        #expect(try context.ledger.run(good.id)?.state == .delivered)
        #expect(try context.ledger.served("p")?.version == good.version)
        let bad = try scene.promoted(context)
        #expect(try context.ledger.served("p")?.version == bad.version)
        try await scene.service(context, Self.launcher("5")).pass()
        #expect(try context.ledger.served("p")?.version == good.version)
        let last = try #require(try context.ledger.history("p").first)
        #expect(
            last.kind == .canaryRollback && last.reason.contains("facts.jsonl:1")
                && last.reason.contains("1 of 1 golden rows"))
    }

    @Test func goldenRowsAreNotAskedAgainWhereThePipelineSaysSo() async throws {
        try golden(#"{"prompt": "2+2?", "assert": {"number": 4}}"#)
        let context = try scene.context("canary_golden = false")
        let run = try scene.promoted(context)
        try await scene.service(context, Self.launcher("5")).pass()
        #expect(try context.ledger.served("p")?.version == run.version)
    }

    /// Puts judged files beside the run, as the evaluation does.
    func judged(_ run: Run, _ context: StageContext, content: String) throws -> Artefact {
        let folder = context.layout.run(run.id) + "/artefacts/peft/export"
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data(content.utf8), to: folder + "/adapter_model.safetensors")
        let file = FileReference(
            path: folder + "/adapter_model.safetensors", sha256: Digest.sha256(Data("judged".utf8)), bytes: 6)
        let artefact = Artefact(format: .peft, path: folder, files: [file], figures: ["mean_loss_difference": 0.001])
        try context.ledger.amend(run.id) { $0.artefacts = [artefact] }
        return artefact
    }

    @Test func judgedFilesAreDeliveredByteForByte() async throws {
        let context = try scene.context("exports = [\"peft\"]")
        let run = try scene.promoted(context)
        let artefact = try judged(run, context, content: "judged")
        let launcher = Self.launcher("")
        try await scene.service(context, launcher).pass()
        let version = try #require(run.version)
        let export = try #require(try context.ledger.exports(version).first)
        #expect(export.state == .done && export.figures == artefact.figures)
        #expect(FileManager.default.contents(atPath: export.path + "/adapter_model.safetensors") == Data("judged".utf8))
        #expect(launcher.asked.withLock { $0.isEmpty }, "nothing is written a second time")
    }

    @Test func filesThatChangedSinceAreWrittenAnew() async throws {
        let context = try scene.context("exports = [\"peft\"]")
        let run = try scene.promoted(context)
        _ = try judged(run, context, content: "forged")
        try await scene.service(context, Self.launcher("")).pass()
        let version = try #require(run.version)
        let export = try #require(try context.ledger.exports(version).first)
        #expect(
            export.state == .done
                && FileManager.default.contents(atPath: export.path + "/model") == Data("weights".utf8))
        #expect(!FileManager.default.fileExists(atPath: export.path + "/adapter_model.safetensors"))
    }
}
