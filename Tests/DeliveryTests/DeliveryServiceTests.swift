import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Platform
import Promotion
import Settings
import StageKit
import TestSupport
import Testing

@testable import Delivery

/// A promoted run, from the ledger to exports, hooks and, where the canary objects, back.
struct DeliveryServiceTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    func context(_ delivery: String) throws -> StageContext {
        try sandbox.pipeline("p", "base = \"tiny\"\n[delivery]\nwritable = [\"\(sandbox.root)\"]\n\(delivery)")
        let settings = SettingsFolder.read(sandbox.layout)
        #expect(settings.problems.isEmpty, "\(settings.problems)")
        let ledger = try Ledger(path: sandbox.layout.ledger)
        return StageContext(
            layout: sandbox.layout, ledger: ledger, settings: LiveSettings(settings), logger: Logger(label: "test"))
    }

    /// A run whose version is served.
    func promoted(_ context: StageContext, pipeline: PipelineName = "p") throws -> Run {
        let ledger = context.ledger
        if try ledger.base("tiny") == nil {
            try AtomicFile.makeFolder(context.layout.base("tiny"))
            try ledger.add(
                BaseCard(
                    id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                    width: 1, vocabulary: 1,
                    tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1))
            try ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        }
        let queued = try ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: pipeline, mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
        }
        let run = try #require(queued)
        for event in RunEvent.path(to: .accepted) { _ = try ledger.apply(run.id, event) }
        let version = VersionID("v-\(run.id)")
        try ledger.add(
            ModelVersion(
                id: version, pipeline: pipeline, run: run.id, base: "tiny", baseDigest: "abc", adapters: [],
                snapshot: "s",
                recipe: Recipe(), createdAt: Date(),
                code: "c", machine: "m"))
        _ = try ledger.promote(pipeline, to: version, run: run.id, kind: .automatic, who: "finetuned", reason: "better")
        return try #require(try ledger.run(run.id))
    }

    func service(_ context: StageContext, _ launcher: FakeLauncher) -> DeliveryService {
        let promotion = PromotionService(context)
        return DeliveryService(
            context, launcher: launcher, models: launcher,
            rollBack: { try promotion.rollBackCanary($0, version: $1, reason: $2) })
    }

    @Test func whatIsConfiguredIsExported() async throws {
        let context = try context("exports = [\"peft\", \"gguf-q8_0\"]")
        let run = try promoted(context)
        let launcher = FakeLauncher(FakeLauncher.export)
        try await service(context, launcher).pass()
        #expect(try context.ledger.run(run.id)?.state == .delivered)
        let exports = try context.ledger.exports(try #require(run.version))
        #expect(exports.map(\.state) == [.done, .done])
        for export in exports {
            #expect(export.files.map(\.path) == [export.path + "/model"])
            #expect(try Digest.sha256(file: export.path + "/model") == export.files.first?.sha256)
        }
        #expect(context.problems.all().isEmpty, "\(context.problems.all())")
    }

    @Test func anExportThatCannotBeIsReportedAndHoldsNothingUp() async throws {
        let context = try context("exports = [\"gguf-f16\", \"peft\"]")
        let run = try promoted(context)
        let launcher = FakeLauncher { request, attempt in
            if case .export(let task) = request.task, task.format == .ggufF16 {
                throw WorkerEnd.failed(Failure(code: "export.base", "Not from a folder."))
            }
            return try FakeLauncher.export(request, attempt)
        }
        try await service(context, launcher).pass()
        #expect(try context.ledger.run(run.id)?.state == .delivered)
        #expect(try context.ledger.exports(try #require(run.version)).map(\.state) == [.failed, .done])
        #expect(context.problems.all(prefix: "export:").map(\.code) == ["export.base"])
    }

    @Test func aWorkerThatDiesIsStartedAgainAndAStoppedOneLater() async throws {
        let context = try context("exports = [\"peft\"]")
        let run = try promoted(context)
        let launcher = FakeLauncher { request, attempt in
            if attempt == 1 { throw WorkerEnd.died(Failure(code: "worker.killed", "killed")) }
            if attempt == 2 { throw WorkerEnd.interrupted }
            return try FakeLauncher.export(request, attempt)
        }
        try await service(context, launcher).pass()
        #expect(
            try context.ledger.run(run.id)?.state == .promoted,
            "a stopping daemon leaves it to be done after the next start")
        try await service(context, launcher).pass()
        #expect(try context.ledger.run(run.id)?.state == .delivered)
    }

    @Test func aCanaryThatObjectsRollsBack() async throws {
        let context = try context(
            "canary = [\"/bin/sh\", \"-c\", \"grep -q v-r-000001 && exit 0; echo it speaks in tongues; exit 3\"]")
        let good = try promoted(context)
        let delivery = service(context, FakeLauncher(FakeLauncher.export))
        try await delivery.pass()
        #expect(try context.ledger.served("p")?.version == good.version)
        // The fake versions have no folders, but the link that the rollback mends lies beside them.
        try FileManager.default.createDirectory(atPath: sandbox.layout.models("p"), withIntermediateDirectories: true)
        let bad = try promoted(context)
        try await delivery.pass()
        let last = try #require(try context.ledger.history("p", limit: 1).first)
        #expect(last.kind == .canaryRollback)
        #expect(last.version == good.version)
        #expect(last.reason.contains("status 3") && last.reason.contains("tongues"), "\(last.reason)")
        #expect(try context.ledger.run(bad.id)?.state == .delivered)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current("p"))
                == good.version?.rawValue)
    }

    @Test func aCanaryThatHangsIsStopped() async throws {
        let context = try context("hook_seconds = 0.3\ncanary = [\"/bin/sleep\", \"60\"]")
        _ = try promoted(context)
        try await service(context, FakeLauncher(FakeLauncher.export)).pass()
        #expect(try context.ledger.served("p")?.version == nil)
        #expect(try context.ledger.history("p").first?.reason.contains("stopped after 0.3 s") == true)
    }

    @Test func unknownFormatsEventsAndRelativeProgramsAreRefused() throws {
        for (text, key) in [
            ("exports = [\"onnx\"]", "delivery.exports"), ("canary = [\"true\"]", "delivery.canary"),
            ("webhook = \"ftp://x\"", "delivery.webhook"),
            ("webhook_events = [\"exploded\"]", "delivery.webhook_events"),
            ("hooks.promoted = [\"tell\"]", "delivery.hooks.promoted"),
        ] {
            try sandbox.pipeline("p", "base = \"tiny\"\n[delivery]\n\(text)")
            let problems = SettingsFolder.read(sandbox.layout).problems
            #expect(
                problems.contains { $0.code == "settings.value" && $0.message.contains("'\(key)'") },
                "\(text): \(problems)")
        }
    }
}
