import Foundation
import Nouns
import TestSupport
import WorkerProtocol

/// A folder in which requests are made and workers are run.
final class WorkerBench {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/worker-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func base() throws -> ModelReference {
        ModelReference(basePath: try TestSupport.model(), base: "smollm2", baseDigest: "")
    }

    /// Rows that a model learns in a few steps.
    func rows(_ count: Int = 12, name: String = "rows.jsonl", label: Bool = false) throws -> FileReference {
        let animals = [("cat", "meow"), ("dog", "woof"), ("cow", "moo"), ("sheep", "baa")]
        var data = Data()
        for index in 0..<count {
            let (animal, sound) = animals[index % animals.count]
            let row = Row(
                id: RowID(String(format: "%032d", index)),
                content: .completion(
                    prompt: "Number \(index): which sound does the \(animal) make?", completion: sound), split: .train,
                label: label ? sound : nil, promptKey: String(format: "%016d", index), drop: "d-1", line: index + 1)
            data += try ContractCoding.encode(row) + Data("\n".utf8)
        }
        try data.write(to: URL(filePath: folder + "/" + name))
        return FileReference(path: folder + "/" + name, sha256: "", bytes: data.count, rows: count)
    }

    /// Rows with a right and a wrong answer.
    func pairs(_ count: Int = 8) throws -> FileReference {
        let animals = [
            ("cat", "meow", "moo"), ("dog", "woof", "baa"), ("cow", "moo", "woof"), ("sheep", "baa", "meow"),
        ]
        var data = Data()
        for index in 0..<count {
            let (animal, right, wrong) = animals[index % animals.count]
            let row = Row(
                id: RowID(String(format: "p%031d", index)),
                content: .preference(
                    prompt: [Message(role: "user", content: "Tell me in a word what the \(animal) no. \(index) says.")],
                    chosen: [Message(role: "assistant", content: right)],
                    rejected: [Message(role: "assistant", content: wrong)]),
                split: .train, promptKey: String(format: "p%015d", index), drop: "d-2", line: index + 1)
            data += try ContractCoding.encode(row) + Data("\n".utf8)
        }
        let path = folder + "/pairs.jsonl"
        try data.write(to: URL(filePath: path))
        return FileReference(path: path, sha256: "", bytes: data.count, rows: count)
    }

    /// Writes a request and starts a worker on it.
    func start(
        _ id: String, _ task: WorkerTask, environment: [String: String] = [:], memoryBytes: Int? = nil,
        attempt: Int? = nil
    ) throws -> ChildProgram {
        let directory = folder + "/" + id
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var request = WorkerRequest(id: id, directory: directory, task: task, threads: 2, memoryBytes: memoryBytes)
        if let attempt { request.compute = ComputeSettings(engine: "builtin", attempt: attempt) }
        try ContractCoding.encode(request).write(to: URL(filePath: directory + "/request.json"))
        return try ChildProgram(
            TestSupport.program("finetune-worker"), [directory + "/request.json"], environment: environment,
            output: directory + "/log")
    }

    /// Runs a task to its end and returns how the worker left.
    @discardableResult
    func run(_ id: String, _ task: WorkerTask, environment: [String: String] = [:]) async throws -> ChildProgram.Ending?
    {
        try await start(id, task, environment: environment).wait(seconds: 240)
    }

    func result(_ id: String) throws -> WorkerResult {
        try ContractCoding.decode(
            WorkerResult.self, from: Data(contentsOf: URL(filePath: "\(folder)/\(id)/result.json")))
    }

    func events(_ id: String) throws -> [WorkerEvent] {
        try Data(contentsOf: URL(filePath: "\(folder)/\(id)/events.jsonl")).split(separator: UInt8(ascii: "\n"))
            .map { try ContractCoding.decode(WorkerEvent.self, from: Data($0)) }
    }

    func failure(_ id: String) throws -> Failure? { try events(id).last { $0.event == .failed }?.failure }

    /// A recipe of few, small steps.
    static var recipe: Recipe {
        var recipe = Recipe()
        recipe.rank = 4
        recipe.alpha = 8
        recipe.batchRows = 4
        recipe.epochs = 2
        recipe.learningRate = 1e-3
        recipe.checkpointEverySteps = 2
        recipe.maxLength = 128
        return recipe
    }
}
