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

/// An evaluation on an engine: questions by the worker, numbers by the engine, records by the worker again.
struct EngineEvaluationTests {
    let sandbox: Sandbox
    let task: EvaluateTask
    let request: WorkerRequest

    init() throws {
        sandbox = try Sandbox()
        let file = FileReference(path: "/rows", sha256: "s", bytes: 1)
        task = EvaluateTask(
            model: ModelReference(
                basePath: "/b", base: "tiny", baseDigest: "digest", adapters: [.init(path: "/a", sha256: "x")]),
            sets: [
                EvaluationSet(name: .gate, files: [file]),
                EvaluationSet(name: .probe, files: [file], maxNewTokens: 0),
            ], labels: ["a", "b"], maxNewTokens: 9, maxLength: 77)
        request = WorkerRequest(
            id: "r-1-candidate", directory: sandbox.root + "/evaluation", task: .evaluate(task), threads: 2)
    }

    /// What was asked of whom, and what they say.
    private final class Peers: Sendable {
        let asked = Mutex<[WorkerRequest]>([])
        let spoil: @Sendable (inout FileReference, WorkerTask.Kind) -> Void
        init(_ spoil: @escaping @Sendable (inout FileReference, WorkerTask.Kind) -> Void) { self.spoil = spoil }

        func perform(_ request: WorkerRequest) throws -> WorkerResult {
            asked.withLock { $0.append(request) }
            var result = WorkerResult()
            func write(_ name: String, rows: Int) throws -> FileReference {
                try AtomicFile.makeFolder(request.directory)
                let (path, data) = (request.directory + "/" + name, Data(name.utf8))
                try AtomicFile.write(data, to: path)
                var file = FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count, rows: rows)
                spoil(&file, request.task.kind)
                return file
            }
            switch request.task {
            case .encode(let task):
                result.files = try task.sets.flatMap { set in
                    [
                        try write("tokens-\(set.name).safetensors", rows: 8),
                        try write("prompts-\(set.name).safetensors", rows: set.maxNewTokens == 0 ? 0 : 4),
                    ]
                }
            case .score(let task):
                result.files = try (task.tokens ?? []).indices.map { index in
                    var file = try write("scores-\(index).safetensors", rows: 8)
                    // As engines name them: by the folder of the request.
                    if file.path.hasPrefix(request.directory) { file.path = "scores-\(index).safetensors" }
                    return file
                }
            case .generate(let task):
                result.files = try (task.tokens ?? []).indices.map {
                    try write("answers-\($0).safetensors", rows: 4)
                }
            case .records: result.evaluations = [:]
            default: Issue.record("\(request.task.kind)")
            }
            return result
        }
    }

    private func work(
        _ peers: Peers, evaluate: Bool = true, tasks: String = #""train", "score", "generate""#,
        _ change: (inout BaseCard) -> Void = { _ in }
    ) async throws -> EngineWork {
        let program = try await sandbox.script(
            "engine",
            """
            echo '{"protocol": 1, "tasks": [\(tasks)], "architectures": ["llama"], "methods": ["lora"], "recipe": [], \
            "devices": [], "versions": {}}'
            """)
        var profile = EngineProfile(name: "gpu", file: "gpu.toml")
        (profile.program, profile.evaluate) = (program, evaluate)
        var folder = SettingsFolder()
        folder.engines = [profile]
        let settings = folder
        var base = BaseCard(
            id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1, width: 1,
            vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "huggingface", digest: "digest",
            trainingMemoryBytes: 1)
        change(&base)
        try AtomicFile.makeFolder(sandbox.layout.stagedBase("digest"))
        try AtomicFile.write(Data(), to: sandbox.layout.stagedBase("digest") + "/config.json")
        let roster = EngineRoster(folder: sandbox.root + "/described", standard: program) { settings }
        return try await EngineWork(
            "gpu", base: base, layout: sandbox.layout, settings: settings, roster: roster
        ) { try peers.perform($0) }
    }

    @Test func theWorkerAsksTheEngineComputesTheWorkerRecords() async throws {
        let peers = Peers { _, _ in }
        let work = try await work(peers)
        #expect(work.evaluates(task.model))
        _ = try await work.evaluate(request, task)
        let asked = peers.asked.withLock { $0 }
        #expect(asked.map(\.task.kind) == [.encode, .score, .generate, .records])
        #expect(asked.map { $0.compute?.engine } == [nil, "gpu", "gpu", nil])
        guard case .encode(let encode) = asked[0].task, case .score(let score) = asked[1].task,
            case .generate(let generate) = asked[2].task, case .records(let records) = asked[3].task
        else { return }
        #expect(encode.questions?.labels == ["a", "b"] && encode.questions?.maxNewTokens == 9)
        #expect(encode.maxLength == 77 && encode.sets == task.sets && encode.model.adapters.isEmpty)
        // The engine reads the staged base with the adapters; rows it never sees.
        #expect(
            score.model.basePath == sandbox.layout.stagedBase("digest") && score.model.adapters == task.model.adapters)
        #expect(score.rows.isEmpty && score.tokens?.count == 2 && generate.conversations.isEmpty)
        // Nothing is asked of a set that has losses alone.
        #expect(generate.tokens?.map { ($0.path as NSString).lastPathComponent } == ["prompts-gate.safetensors"])
        #expect(records.evaluate == task && asked[3].directory == request.directory)
        #expect(Set(records.scores.keys) == [.gate, .probe] && Array(records.answers.keys) == [.gate])
        #expect(records.scores[.probe]?.path == sandbox.root + "/evaluation/engine/scores/scores-1.safetensors")
        // What holds the words of rows is gone.
        #expect(!FileManager.default.fileExists(atPath: sandbox.root + "/evaluation/engine/asked"))
    }

    @Test(arguments: ["digest", "outside", "none"])
    func numbersThatAreNotItsOwnFailTheWork(_ fault: String) async throws {
        let peers = Peers { file, kind in
            guard kind == .score else { return }
            switch fault {
            case "digest": file.sha256 = String(repeating: "0", count: 64)
            case "outside": file.path = "/etc/passwd"
            default: unlink(file.path)
            }
        }
        let end = await #expect(throws: WorkerEnd.self) { try await work(peers).evaluate(request, task) }
        #expect(end?.failure?.code == "engine.result" && end?.failure?.remedy != nil)
        #expect(peers.asked.withLock { $0.map(\.task.kind) } == [.encode, .score])
    }

    @Test func anEngineThatOnlyTrainsIsNotAsked() async throws {
        let peers = Peers { _, _ in }
        let end = await #expect(throws: WorkerEnd.self) {
            try await work(peers, tasks: #""train""#).evaluate(request, task)
        }
        #expect(end?.failure?.code == "engine.task" && peers.asked.withLock { $0.isEmpty })
    }

    @Test func whoEvaluatesIsForTheFileAndTheBaseToSay() async throws {
        let peers = Peers { _, _ in }
        #expect(try await !work(peers, evaluate: false).evaluates(task.model))
        #expect(try await work(peers, evaluate: false) { $0.isForEngines = true }.evaluates(task.model))
        // What was written as GGUF is the worker's to read; a base that is one is staged.
        var written = task.model
        (written.basePath, written.baseDigest, written.adapters) = ("/run/model.gguf", "other", [])
        #expect(try await !work(peers).evaluates(written))
        written.baseDigest = "digest"
        #expect(try await work(peers).evaluates(written))
        written.adapters = [.init(path: "/run/adapter.gguf", sha256: "y")]
        #expect(try await !work(peers).evaluates(written))
    }
}
