import ControlProtocol
import Foundation
import Launching
import Ledger
import Logging
import Nouns
import OperationsScene
import Platform
import Settings
import StageKit
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Registry

/// A launcher whose worker describes every upload by its bytes, or says what is wrong.
private final class InspectingLauncher: WorkerRunner {
    private let end: WorkerEnd?
    let asked = Mutex<[WorkerRequest]>([])

    init(end: WorkerEnd? = nil) { self.end = end }

    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        asked.withLock { $0.append(request) }
        if let end { throw end }
        var result = WorkerResult()
        switch request.task {
        case .inspect(let task):
            let name = BaseRegistry.names(Self.folder(task.path)).first ?? ""
            let digest = try Digest.sha256(file: Self.folder(task.path) + "/" + name)
            result.card = BaseCard(
                id: task.id, architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, licence: "as the file says", tokenizer: "t", tokenizerDigest: "d",
                format: "gguf", files: [FileReference(path: name, sha256: digest, bytes: 1)], digest: digest,
                trainingMemoryBytes: 1)
        case .score:
            try AtomicFile.makeFolder(request.directory)
            let path = request.directory + "/probe.jsonl"
            try Data("{}\n".utf8).write(to: URL(filePath: path))
            result.files = [FileReference(path: path, sha256: "p", bytes: 3, rows: 1)]
        default: throw WorkerEnd.failed(Failure(code: "test", "An unexpected task."))
        }
        return result
    }

    private static func folder(_ path: String) -> String {
        path.hasSuffix(".gguf") ? (path as NSString).deletingLastPathComponent : path
    }
}

/// Base models from upload to removal, on a real ledger and real files.
struct BaseRegistryTests {
    let sandbox: Sandbox
    let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func registry(_ launcher: InspectingLauncher = InspectingLauncher()) -> BaseRegistry {
        BaseRegistry(context, launcher: launcher)
    }

    private func upload(_ text: String, as name: String = "Some Model.gguf") throws -> String {
        let uploads = Uploads(context)
        let id = try uploads.open(.base, who: "ann").id
        let file = name.replacing(" ", with: "-")
        try Data(text.utf8).write(to: URL(filePath: uploads.place(id, file: file, who: "ann").path))
        return id
    }

    private var uploads: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: sandbox.layout.uploads)) ?? []
    }

    private func refusal(_ work: () async throws -> Void) async -> Failure? {
        do { try await work() } catch { return error as? Failure }
        return nil
    }

    @Test func anUploadBecomesARegisteredBase() async throws {
        let card = try await registry().add(
            AddBaseRequest(upload: upload("weights"), origin: "/home/ann/Some Model.gguf", licence: "mit"), who: "ann")
        #expect(card.id == "some-model" && card.licence == "mit" && card.origin == "/home/ann/Some Model.gguf")
        let registered = try #require(try context.ledger.base("some-model"))
        #expect(registered.digest == card.digest && registered.files == card.files && registered.probe == card.probe)
        let model = context.modelReference(card).basePath
        #expect(model == sandbox.layout.base("some-model") + "/Some-Model.gguf")
        #expect(try String(contentsOfFile: model, encoding: .utf8) == "weights")
        let kept = try Data(contentsOf: URL(filePath: sandbox.layout.baseCard("some-model")))
        #expect(try ContractCoding.decode(BaseCard.self, from: kept).digest == card.digest)
        #expect(card.probe?.path == "probe.jsonl" && card.probeSeed != nil)
        #expect(
            FileManager.default.fileExists(atPath: sandbox.layout.base("some-model") + "/probe.jsonl"))
        #expect(uploads.isEmpty)
    }

    @Test func aNameOrWeightsThatAreThereAlreadyAreRefused() async throws {
        _ = try await registry().add(AddBaseRequest(upload: upload("one"), id: "a"), who: "ann")
        let sameName = await refusal {
            _ = try await registry().add(AddBaseRequest(upload: upload("two"), id: "a"), who: "ann")
        }
        #expect(sameName?.code == "base.exists" && sameName?.message.contains("'a'") == true)
        let sameBytes = await refusal {
            _ = try await registry().add(AddBaseRequest(upload: upload("one"), id: "b"), who: "ann")
        }
        #expect(sameBytes?.code == "base.exists" && sameBytes?.remedy?.contains("'a'") == true)
        #expect(try context.ledger.bases().map(\.id) == ["a"])
        #expect(uploads.isEmpty, "what is refused leaves nothing behind")
    }

    @Test(arguments: ["Big", "", "../up", "a b", ".x"])
    func aNameThatIsNoneIsRefused(name: String) async throws {
        let failure = await refusal {
            _ = try await registry().add(AddBaseRequest(upload: upload("x"), id: BaseID(name)), who: "ann")
        }
        #expect(failure?.code == "base.name")
        #expect(uploads.isEmpty)
    }

    @Test func aFolderNeedsAName() async throws {
        let upload = try upload("x", as: "model.safetensors")
        let failure = await refusal { _ = try await registry().add(AddBaseRequest(upload: upload), who: "ann") }
        #expect(failure?.code == "base.name" && failure?.remedy?.contains("--id") == true)
    }

    @Test(arguments: [("u-zz", "f"), ("u-1", "../f"), ("u-1", ".hidden"), ("../u-1", "f"), ("u-1", "a/b"), ("u-1", "")])
    func anUploadStaysInItsFolder(upload: String, file: String) {
        #expect(throws: Failure.self) { try Uploads(context).place(upload, file: file, who: "ann") }
    }

    @Test func anUnknownUploadIsRefused() async {
        let failure = await refusal { _ = try await registry().add(AddBaseRequest(upload: "u-0123"), who: "ann") }
        #expect(failure?.code == "upload.unknown")
    }

    @Test func whatTheWorkerSaysNamesThePersonsOwnFile() async throws {
        let upload = try upload("x")
        let copy = try Uploads(context).place(upload, file: "Some-Model.gguf", who: "ann").path
        let launcher = InspectingLauncher(
            end: .failed(Failure(code: "weights.truncated", "The file ends too early.", at: copy + ", tensor 3")))
        let failure = await refusal {
            _ = try await registry(launcher).add(AddBaseRequest(upload: upload, origin: "/home/ann/m.gguf"), who: "ann")
        }
        #expect(failure?.code == "weights.truncated" && failure?.place == "/home/ann/m.gguf, tensor 3")
        #expect(try context.ledger.bases().isEmpty && uploads.isEmpty)
    }

    @Test func anInterruptedInspectionCanBeDoneAgain() async throws {
        let launcher = InspectingLauncher(end: .interrupted)
        let failure = await refusal {
            _ = try await registry(launcher).add(AddBaseRequest(upload: upload("x")), who: "ann")
        }
        #expect(failure?.code == "base.interrupted")
        #expect(try await registry().add(AddBaseRequest(upload: upload("x")), who: "ann").id == "some-model")
    }

    @Test func whatACrashLeftBehindIsReplaced() async throws {
        let left = sandbox.layout.base("a")
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(filePath: left + "/half.gguf"))
        _ = try await registry().add(AddBaseRequest(upload: upload("x"), id: "a"), who: "ann")
        #expect(!FileManager.default.fileExists(atPath: left + "/half.gguf"))
    }

    @Test func removingAnUnknownBaseIsRefused() async {
        #expect(await refusal { try registry().remove("nobody") }?.code == "base.unknown")
    }

    @Test func aBaseThatAPipelineNamesStays() async throws {
        _ = try await registry().add(AddBaseRequest(upload: upload("x"), id: "a"), who: "ann")
        try sandbox.pipeline("tickets", "base = \"a\"\n")
        context.settings.replace(SettingsFolder.read(sandbox.layout))
        let failure = await refusal { try registry().remove("a") }
        #expect(failure?.code == "base.in_use" && failure?.message.contains("'tickets'") == true)
        #expect(try context.ledger.base("a") != nil)
    }

    @Test func aBaseThatARunWasMadeFromStays() async throws {
        _ = try await registry().add(AddBaseRequest(upload: upload("x"), id: "a"), who: "ann")
        try context.ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let run = try context.ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: "p", mode: .fromBase, base: "a", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
        }
        let failure = await refusal { try registry().remove("a") }
        #expect(failure?.code == "base.in_use" && failure?.message.contains(run?.id.rawValue ?? "?") == true)
        #expect(FileManager.default.fileExists(atPath: sandbox.layout.base("a")))
    }

    @Test func aBaseThatNobodyNeedsIsRemoved() async throws {
        _ = try await registry().add(AddBaseRequest(upload: upload("x"), id: "a"), who: "ann")
        try registry().remove("a")
        #expect(try context.ledger.bases().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: sandbox.layout.base("a")))
    }

    private func source(_ text: String, stated: String? = nil, bytes: Int? = nil) -> BaseSource {
        let digest = stated ?? Digest.sha256(Data(text.utf8))
        return BaseSource(
            place: "hf:ann/tiny", repository: "ann/tiny", commit: "c1",
            files: [.init(path: "sub/m.gguf", bytes: bytes ?? text.utf8.count, sha256: digest)])
    }

    @Test func whereABaseWasFetchedFromStandsInItsCard() async throws {
        let uploads = Uploads(context)
        let open = try uploads.resume(ResumeUpload(key: "k", note: "c1"), who: "ann")
        let path = try uploads.place(open.id, file: "m.gguf", who: "ann").path
        try Data("weights".utf8).write(to: URL(filePath: path))
        try Uploads.note(7, of: path)
        let card = try await registry().add(AddBaseRequest(upload: open.id, source: source("weights")), who: "ann")
        #expect(card.id == "m" && card.source?.commit == "c1")
        #expect(try context.ledger.base("m")?.source == source("weights"))
        let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.base("m")).sorted()
        #expect(names == ["card.json", "m.gguf", "probe.jsonl"], "what counted the bytes stays behind")
    }

    @Test func aFileThatIsNotWhatItsSourceStatesIsFetchedAnew() async throws {
        let uploads = Uploads(context)
        let open = try uploads.resume(ResumeUpload(key: "k"), who: "ann")
        let path = try uploads.place(open.id, file: "m.gguf", who: "ann").path
        try Data("weights".utf8).write(to: URL(filePath: path))
        let wrong = source("weights", stated: String(repeating: "0", count: 64))
        let failure = await refusal {
            _ = try await registry().add(AddBaseRequest(upload: open.id, source: wrong), who: "ann")
        }
        #expect(failure?.code == "base.digest" && failure?.message.contains("m.gguf") == true)
        #expect(try context.ledger.bases().isEmpty)
        #expect(try uploads.resume(ResumeUpload(key: "k", onlyOpen: true), who: "ann").files.isEmpty)
        #expect(uploads.context.layout.upload(open.id).isEmpty == false && self.uploads == [open.id])
        // A worker that finds the file damaged is not believed before its digest was looked at.
        try Data("weights".utf8).write(to: URL(filePath: path))
        let damaged = WorkerEnd.failed(Failure(code: "weights.truncated", "The file ends early."))
        let second = await refusal {
            _ = try await registry(InspectingLauncher(end: damaged)).add(
                AddBaseRequest(upload: open.id, source: wrong), who: "ann")
        }
        #expect(second?.code == "base.digest")
    }

    @Test func aFileThatIsNotWholeIsNotLookedAt() async throws {
        let launcher = InspectingLauncher()
        let upload = try upload("weigh", as: "m.gguf")
        let failure = await refusal {
            _ = try await registry(launcher).add(
                AddBaseRequest(upload: upload, source: source("weights")), who: "ann")
        }
        #expect(failure?.code == "upload.incomplete" && failure?.message == "'m.gguf' has 5 of 7 bytes.")
        #expect(launcher.asked.withLock { $0.isEmpty } && uploads == [upload])
    }

    @Test func aLookSeesTheSizesAndLeavesNothing() async throws {
        let launcher = InspectingLauncher()
        let upload = try upload("head", as: "m.gguf")
        let card = try await registry(launcher).look(
            LookRequest(upload: upload, sizes: ["m.gguf": 1 << 20], architecture: nil), who: "ann")
        #expect(card?.id == "look" && uploads.isEmpty)
        guard case .inspect(let task)? = launcher.asked.withLock({ $0.first?.task }) else {
            Issue.record("the worker was asked something else")
            return
        }
        #expect(task.isLook == true && task.path.hasSuffix("/m.gguf"))
        #expect(try context.ledger.bases().isEmpty)
    }
}
