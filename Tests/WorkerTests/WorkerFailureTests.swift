import Foundation
import Nouns
import TestSupport
import Testing
import WorkerProtocol

/// What bad input gets: a status, a code, a place and a remedy, and never a trap.
@Suite(.serialized)
struct WorkerFailureTests {
    let bench: WorkerBench
    init() throws { bench = try WorkerBench() }

    func expect(_ id: String, _ code: String, _ words: String...) throws {
        let failure = try #require(try bench.failure(id))
        #expect(failure.code == code)
        #expect(failure.remedy?.isEmpty == false)
        for word in words { #expect("\(failure)".contains(word), "\(failure)") }
    }

    func worker(_ arguments: [String]) async throws -> (ChildProgram.Ending?, String) {
        let child = try ChildProgram(
            TestSupport.program("finetune-worker"), arguments, output: bench.folder + "/out-\(UUID().uuidString)")
        return (try await child.wait(), child.output)
    }

    @Test func usageAndUnreadableRequests() async throws {
        #expect(try await worker([]).0 == .exited(64))
        #expect(try await worker(["--help"]).0 == .exited(0))
        let missing = try await worker(["/nowhere/request.json"])
        #expect(missing.0 == .exited(64))
        #expect(missing.1.contains("/nowhere/request.json: The request cannot be read. (No such file or directory)"))
        for (text, word) in [
            ("", "request"), ("{\"version\": 9}", "version 9"), ("{\"version\": 1}", "id"),
            ("{\"version\":1,\"id\":\"x\",\"directory\":\"/tmp\",\"task\":{\"task\":\"dance\"}}", "task"),
            (
                #"{"version":1,"id":"x","directory":"/tmp","threads":0,"#
                    + #""task":{"task":"inspect","inspect":{"path":"x","id":"y"}}}"#,
                "threads"
            ),
        ] {
            let path = bench.folder + "/bad.json"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let (ending, output) = try await worker([path])
            #expect(ending == .exited(64), "\(text)")
            #expect(output.contains(word), "\(output)")
        }
    }

    @Test func modelsThatCannotBeLoaded() async throws {
        func inspect(_ id: String, _ path: String) async throws {
            #expect(try await bench.run(id, .inspect(InspectTask(path: path, id: "x"))) == .exited(66))
        }
        try await inspect("gone", bench.folder + "/none.gguf")
        try expect("gone", "model.unreadable", "none.gguf")
        try Data("not a model".utf8).write(to: URL(filePath: bench.folder + "/text.gguf"))
        try await inspect("text", bench.folder + "/text.gguf")
        try expect("text", "model.malformed", "GGUF")
        let whole = try Data(contentsOf: URL(filePath: TestSupport.model()), options: .mappedIfSafe)
        try whole.prefix(4_000_000).write(to: URL(filePath: bench.folder + "/cut.gguf"))
        try await inspect("cut", bench.folder + "/cut.gguf")
        try expect("cut", "model.truncated", "cut.gguf")
        try FileManager.default.createDirectory(atPath: bench.folder + "/hollow", withIntermediateDirectories: true)
        try await inspect("empty", bench.folder + "/hollow")
        try expect("empty", "model.unsupported", "config.json")
        try await inspect("kinds", TestSupport.fixture("weights/every-type.gguf"))
    }

    @Test func rowsThatCannotBeTrainedOn() async throws {
        func train(_ id: String, _ files: [FileReference], _ change: (inout Recipe) -> Void = { _ in }) async throws
            -> ChildProgram.Ending?
        {
            var recipe = WorkerBench.recipe
            change(&recipe)
            return try await bench.run(
                id, .train(TrainTask(model: try WorkerBench.base(), train: files, validation: [], recipe: recipe)))
        }
        try Data("{}\n".utf8).write(to: URL(filePath: bench.folder + "/bad.jsonl"))
        #expect(
            try await train("shape", [FileReference(path: bench.folder + "/bad.jsonl", sha256: "", bytes: 3)])
                == .exited(65))
        try expect("shape", "dataset.damaged", "bad.jsonl:1")
        let bad = FileReference(path: bench.folder + "/bad.jsonl", sha256: "", bytes: 3)
        #expect(
            try await bench.run(
                "measure",
                .measure(MeasureTask(model: try WorkerBench.base(), rows: [try bench.rows(), bad], maxLength: 64)))
                == .exited(65))
        try expect("measure", "dataset.damaged", "bad.jsonl:1")
        var rows = try bench.rows()
        #expect(try await train("short", [rows], { $0.maxLength = 8 }) == .exited(65))
        try expect("short", "rows.none", "12")
        #expect(try bench.events("short").contains { $0.warning?.code == "rows.encoding" })
        #expect(try await train("rate", [rows], { $0.learningRate = nil }) == .exited(64))
        try expect("rate", "recipe.learning_rate")
        #expect(try await train("target", [rows], { $0.targets = ["z"] }) == .exited(64))
        try expect("target", "recipe.targets", "z")
        #expect(try await train("epochs", [rows], { $0.epochs = 1e300 }) == .exited(64))
        try expect("epochs", "recipe.epochs", "0.01 to 1000")
        #expect(try await train("warm", [rows], { $0.warmupRatio = -3 }) == .exited(64))
        try expect("warm", "recipe.warmup_ratio", "-3")
        rows.sha256 = String(repeating: "0", count: 64)
        #expect(try await train("digest", [rows]) == .exited(65))
        try expect("digest", "rows.unreadable", "SHA-256")
    }

    @Test func aFolderThatCannotBeWritten() async throws {
        let request = WorkerRequest(
            id: "x", directory: "/proc/nowhere", task: .inspect(InspectTask(path: try TestSupport.model(), id: "x")))
        let path = bench.folder + "/unwritable.json"
        try ContractCoding.encode(request).write(to: URL(filePath: path))
        let (ending, output) = try await worker([path])
        #expect(ending == .exited(73))
        #expect(output.contains("/proc/nowhere"))
    }

    @Test func adaptersThatAreNotWhatTheyShouldBe() async throws {
        var model = try WorkerBench.base()
        model.adapters = [AdapterReference(path: bench.folder + "/nothing", sha256: "")]
        let task = GenerateTask(model: model, conversations: [[Message(role: "user", content: "Hi")]])
        #expect(try await bench.run("none", .generate(task)) == .exited(66))
        try expect("none", "model.missing", "nothing")
    }
}
