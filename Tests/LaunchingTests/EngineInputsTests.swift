import Foundation
import Launching
import Nouns
import Places
import Platform
import Settings
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

/// What engines work on is made by the worker, once, and checked by digest.
struct EngineInputsTests {
    let sandbox: Sandbox
    let request: WorkerRequest
    let task: TrainTask
    let profile: EngineProfile
    private let asked = Asked()

    init() throws {
        sandbox = try Sandbox()
        var profile = EngineProfile(name: "gpu", file: "gpu.toml")
        profile.program = "/engine"
        self.profile = profile
        let file = FileReference(path: "/rows", sha256: "s", bytes: 1)
        task = TrainTask(
            model: ModelReference(basePath: "/b/w.gguf", base: "tiny", baseDigest: "digest"), train: [file],
            validation: [file], recipe: Recipe(), truncate: true)
        request = WorkerRequest(id: "r-1", directory: sandbox.root + "/run", task: .train(task), threads: 2)
    }

    /// A base whose files are there.
    private func base(_ format: String) throws -> BaseCard {
        let names = format == "gguf" ? ["w.gguf"] : ["config.json", "model.safetensors"]
        let files = try names.map { name in
            let data = Data(name.utf8)
            try AtomicFile.makeFolder(sandbox.layout.base("tiny"))
            try AtomicFile.write(data, to: sandbox.layout.base("tiny") + "/" + name)
            return FileReference(path: name, sha256: Digest.sha256(data), bytes: data.count)
        }
        return BaseCard(
            id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1, width: 1,
            vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: format, files: files, digest: "digest",
            trainingMemoryBytes: 1)
    }

    private func written(_ path: String) throws -> FileReference {
        let data = Data(path.utf8)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(data, to: path)
        return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count)
    }

    /// Does what the worker does of a request.
    private func work(_ request: WorkerRequest, spoil: Bool = false) throws -> WorkerResult {
        asked.kinds.withLock { $0.append(request.task.kind) }
        var result = WorkerResult()
        switch request.task {
        case .encode(let task):
            #expect(task.truncate == true && task.pairs == true && request.threads == 2)
            result.files = try task.sets.map { try written(request.directory + "/tokens-\($0.name).safetensors") }
        case .export(let task):
            #expect(task.format == .huggingfaceF32 && task.model.adapters.isEmpty)
            result.files = [try written(request.directory + "/export/config.json")]
        default: Issue.record("\(request.task.kind)")
        }
        if spoil { result.files?[0].sha256 = "other" }
        try AtomicFile.write(try ContractCoding.pretty(request), to: WorkFolder(request.directory).request)
        try AtomicFile.write(try ContractCoding.encode(result), to: WorkFolder(request.directory).result)
        return result
    }

    @Test(arguments: ["gguf", "huggingface"])
    func rowsAndBaseAreMadeOnce(_ format: String) async throws {
        let inputs = EngineInputs(sandbox.layout) { try work($0) }
        let base = try base(format)
        let (request, task) = try await inputs.prepared(request, task, for: profile, base: base)
        #expect(request.compute?.engine == "gpu")
        #expect(task.model.basePath == sandbox.layout.stagedBase("digest") && task.model.baseDigest == "digest")
        #expect(FileManager.default.fileExists(atPath: task.model.basePath + "/config.json"))
        #expect(task.tokens?.train.path == sandbox.root + "/run/tokens/tokens-train.safetensors")
        #expect(task.tokens?.validation?.path == sandbox.root + "/run/tokens/tokens-validation.safetensors")
        let again = try await inputs.prepared(self.request, self.task, for: profile, base: base)
        #expect(again.1 == task)
        #expect(asked.kinds.withLock { $0 } == (format == "gguf" ? [.encode, .export] : [.encode]))
        // Tokens that are not whole any more are made again.
        try Data("x".utf8).write(to: URL(filePath: task.tokens?.train.path ?? ""))
        #expect(try await inputs.prepared(self.request, self.task, for: profile, base: base).1 == task)
        #expect(asked.kinds.withLock { $0.last } == .encode)
    }

    @Test func aBaseOfAnotherDigestIsRefused() async throws {
        let inputs = EngineInputs(sandbox.layout) { try work($0) }
        let base = try base("gguf")
        try Data("changed".utf8).write(to: URL(filePath: sandbox.layout.base("tiny") + "/w.gguf"))
        let end = await #expect(throws: WorkerEnd.self) {
            try await inputs.prepared(request, task, for: profile, base: base)
        }
        #expect(end?.failure?.code == "model.digest")
        #expect(!FileManager.default.fileExists(atPath: sandbox.layout.stagedBase("digest")))
    }

    @Test func tokensOfAnotherDigestAreRefused() async throws {
        let inputs = EngineInputs(sandbox.layout) { try work($0, spoil: true) }
        let base = try base("gguf")
        let end = await #expect(throws: WorkerEnd.self) {
            try await inputs.prepared(request, task, for: profile, base: base)
        }
        #expect(end?.failure?.code == "model.digest")
    }

    @Test func theBuiltInEngineReadsRowsAndBasesAsTheyAre() async throws {
        var profile = profile
        profile.program = EngineProfile.builtin
        let inputs = EngineInputs(sandbox.layout) { try work($0) }
        let (request, task) = try await inputs.prepared(request, task, for: profile, base: base("gguf"))
        #expect(task == self.task && request.compute?.engine == "gpu")
        #expect(asked.kinds.withLock { $0 }.isEmpty)
    }
}

/// What the worker was asked to do, in order.
private final class Asked: Sendable {
    let kinds = Mutex<[WorkerTask.Kind]>([])
}
