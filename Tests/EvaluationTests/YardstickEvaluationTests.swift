import Foundation
import ModelLoading
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers
import WorkerProtocol

@testable import Evaluation

/// The simplest alternatives, fitted to a candidate's rows and asked of the rows that judge it.
@Suite(.serialized)
struct YardstickEvaluationTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func file(_ name: String, _ rows: Range<Int>, drop: DropID = "d-1") throws -> FileReference {
        let animals = [("cat", "meow"), ("dog", "woof"), ("cow", "moo")]
        var data = Data()
        for index in rows {
            let (animal, sound) = animals[index % animals.count]
            let row = Row(
                id: RowID(String(format: "%08x%024x", index &* 2_654_435_761 & 0xffff_ffff, index)),
                content: .completion(
                    prompt: "Number \(index): which sound does the \(animal) make?", completion: sound),
                split: .train, label: sound, promptKey: "\(index)", drop: drop, line: index + 1)
            data += try ContractCoding.encode(row) + Data([10])
        }
        let path = sandbox.root + "/" + name
        try data.write(to: URL(filePath: path))
        return FileReference(path: path, sha256: "", bytes: data.count)
    }

    private func task(_ change: (inout YardstickTask) throws -> Void = { _ in }) throws -> YardstickTask {
        var task = YardstickTask(
            model: ModelReference(basePath: try TestSupport.model(), base: "tiny", baseDigest: "digest"),
            train: [try file("train.jsonl", 0..<30)], asked: [try file("gate.jsonl", 30..<42)], maxLength: 64)
        try change(&task)
        return task
    }

    /// What came of it, with the prompts that the base read.
    private func run(_ task: YardstickTask, base: String = "digest") throws -> (YardstickEvaluation.Outcome, Int) {
        var prompts = 0
        let observer = WorkObserver(
            stage: { _ in }, progress: { _, total, unit in if unit == "prompts" { prompts = total } },
            warn: { _, _ in }, interruption: {})
        let outcome = try YardstickEvaluation(task, observer: observer).run(
            {
                let loaded = try LoadedModel(path: task.model.basePath)
                return (
                    loaded.encoder, try Transformer(loaded.model, team: ThreadTeam(threads: 2)), 64 << 20, base
                )
            }, statesTo: sandbox.root + "/states.safetensors")
        return (outcome, prompts)
    }

    private func right(_ outcome: YardstickEvaluation.Outcome, _ alternative: SimplestAlternative) -> Int {
        outcome.answers.count { $0.right[alternative] == true }
    }

    @Test func eachIsAskedOfEveryRow() throws {
        let (outcome, prompts) = try run(try task())
        #expect(outcome.answers.count == 12 && outcome.rows == 30 && outcome.statesRows == 30)
        // Each class has as many rows as the others.
        #expect(right(outcome, .commonest) == 4)
        #expect(right(outcome, .linear) == 12)
        #expect(right(outcome, .states) == 12)
        #expect(prompts == 42)
    }

    @Test func statesAreComputedOnceForTheSameBase() throws {
        let (first, _) = try run(try task())
        let kept = FileReference(path: sandbox.root + "/states.safetensors", sha256: "", bytes: 0)
        let more = try task {
            $0.states = kept
            $0.train.append(try file("more.jsonl", 42..<45))
        }
        let (second, prompts) = try run(more)
        #expect(prompts == 3 && second.statesRows == 33 && right(second, .states) == right(first, .states))
        let (_, anew) = try run(more, base: "another")
        #expect(anew == 45)
        try Data("damaged".utf8).write(to: URL(filePath: kept.path))
        #expect(try run(more).1 == 45)
    }

    @Test func statesAreOfAtMostSoManyRows() throws {
        let (some, prompts) = try run(try task { $0.statesRows = 10 })
        #expect(some.statesRows == 10 && some.rows == 30 && prompts == 22)
        let (none, _) = try run(try task { $0.statesRows = 0 })
        #expect(none.statesRows == 0 && none.answers.allSatisfy { $0.right[.states] == nil })
    }

    @Test func withdrawnAndRepeatedRowsAreNotLearnt() throws {
        let (outcome, _) = try run(
            try task {
                $0.statesRows = 0
                $0.train += [$0.train[0], try file("gone.jsonl", 100..<130, drop: "d-2")]
                $0.withdrawn = ["d-2"]
                $0.limit = 5
            })
        #expect(outcome.rows == 30 && outcome.answers.count == 5)
        let (nothing, _) = try run(try task { $0.withdrawn = ["d-1"] })
        #expect(nothing.rows == 0 && nothing.answers.allSatisfy(\.right.isEmpty))
    }
}
