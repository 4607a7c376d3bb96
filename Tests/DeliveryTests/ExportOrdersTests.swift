import Foundation
import Launching
import Ledger
import Nouns
import Platform
import StageKit
import Testing
import WorkerProtocol

@testable import Delivery

/// Exports that somebody asks for, of any version and at any time.
struct ExportOrdersTests {
    let tests: DeliveryServiceTests

    init() throws { tests = try DeliveryServiceTests() }

    /// A version that is served and was delivered in no format.
    private func version(_ context: StageContext) throws -> ModelVersion {
        let run = try tests.promoted(context)
        _ = try context.ledger.apply(run.id, .delivered("delivered"))
        return try #require(try run.version.flatMap { try context.ledger.version($0) })
    }

    private func count(_ launcher: FakeLauncher) -> Int { launcher.asked.withLock { $0.count } }

    @Test func oneIsMadeAfterTheOtherAndFoundAgain() async throws {
        let context = try tests.context("")
        let version = try version(context)
        let launcher = FakeLauncher(FakeLauncher.export)
        let service = tests.service(context, launcher)
        for format in [ExportFormat.huggingface, .ggufQ8] { service.orders.add(version, format, who: "ada") }
        #expect(service.orders.look(version.id, .ggufQ8)?.ahead == 1)
        #expect(service.orders.versions == [version.id])
        try await service.pass()
        let records = try context.ledger.exports(version.id)
        #expect(records.map(\.format) == [.ggufQ8, .huggingface])
        #expect(records.allSatisfy { $0.state == .done && $0.who == "ada" && $0.check == .texts })
        // A base whose card names no storage but floats is written as it is.
        #expect(records.map(\.written) == [.ggufQ8, .huggingfaceF32])
        #expect(service.orders.look(version.id, .huggingface)?.state == .done)
        // Asked for again, nothing is made.
        service.orders.add(version, .ggufQ8, who: "bob")
        try await service.pass()
        #expect(count(launcher) == 2)
        // Files that are no longer what they were are made anew.
        let file = try #require(try context.ledger.exports(version.id).first?.files.first)
        try Data("damaged".utf8).write(to: URL(filePath: file.path))
        service.orders.add(version, .ggufQ8, who: "bob")
        try await service.pass()
        #expect(count(launcher) == 3)
        #expect(try Digest.sha256(file: file.path) == file.sha256)
    }

    @Test func whyThereIsNoExportIsSaidToWhoeverAsks() async throws {
        let context = try tests.context("")
        let version = try version(context)
        let service = tests.service(
            context, FakeLauncher { _, _ in throw WorkerEnd.failed(Failure(code: "export.x", "No.")) })
        service.orders.add(version, .peft, who: "ada")
        try await service.pass()
        let end = try #require(service.orders.look(version.id, .peft))
        #expect(end.state == .failed && end.failure?.code == "export.x")
        // Asked for again, it is tried again.
        service.orders.add(version, .peft, who: "ada")
        #expect(service.orders.look(version.id, .peft)?.state == .waiting)
    }

    @Test func aStoppingDaemonLeavesNothingHalfWritten() async throws {
        let context = try tests.context("")
        let version = try version(context)
        let service = tests.service(
            context,
            FakeLauncher { request, attempt in
                _ = try FakeLauncher.export(request, attempt)
                throw WorkerEnd.interrupted
            })
        service.orders.add(version, .ggufF16, who: "ada")
        await #expect(throws: CancellationError.self) { try await service.pass() }
        #expect(service.orders.look(version.id, .ggufF16)?.state == .waiting)
        #expect(try FileManager.default.contentsOfDirectory(atPath: context.layout.export(version.id)).isEmpty)
    }

    @Test func rowsThatAreLeftAreScoredAndElseTheProbe() async throws {
        let context = try tests.context("")
        let folder = context.layout.base("tiny")
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data("{}\n".utf8), to: folder + "/probe.jsonl")
        var card = BaseCard(
            id: "tiny", architecture: "llama", parameters: 1, quantisation: ["Q4_1": 7, "F32": 2], contextLength: 1,
            layers: 1, width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
            trainingMemoryBytes: 1)
        card.probe = FileReference(path: "probe.jsonl", sha256: "p", bytes: 3, rows: 1)
        try context.ledger.add(card)
        try context.ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let version = try version(context)
        let launcher = FakeLauncher(FakeLauncher.export)
        let service = tests.service(context, launcher)
        service.orders.add(version, .huggingface, who: "ada")
        try await service.pass()
        let record = try #require(try context.ledger.exports(version.id).first)
        #expect(record.check == .probe && record.written == .huggingfaceBF16)
        guard case .export(let task)? = launcher.asked.withLock({ $0.last?.task }) else {
            Issue.record("no export was asked for")
            return
        }
        #expect(task.check.map(\.path) == [folder + "/probe.jsonl"] && task.format == .huggingfaceBF16)
    }

    @Test func aDiskThatWouldBeTooFullIsSaidBefore() async throws {
        try tests.sandbox.settings("minimum_free = \"900000T\"\n")
        let context = try tests.context("")
        let version = try version(context)
        let launcher = FakeLauncher(FakeLauncher.export)
        let service = tests.service(context, launcher)
        service.orders.add(version, .ggufF16, who: "ada")
        try await service.pass()
        #expect(service.orders.look(version.id, .ggufF16)?.failure?.code == "disk.low")
        #expect(count(launcher) == 0)
    }

    @Test func aBaseThatIsGoneIsNamed() async throws {
        let context = try tests.context("")
        let version = try version(context)
        try FileManager.default.removeItem(atPath: context.layout.base("tiny"))
        let service = tests.service(context, FakeLauncher(FakeLauncher.export))
        service.orders.add(version, .ggufF16, who: "ada")
        try await service.pass()
        let failure = try #require(service.orders.look(version.id, .ggufF16)?.failure)
        #expect(failure.code == "export.base" && failure.message.contains("tiny"), "\(failure)")
    }
}
