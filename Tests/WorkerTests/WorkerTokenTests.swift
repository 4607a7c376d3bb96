import Foundation
import Nouns
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// What engines are asked in tokens, and what the worker makes of their numbers: the same as of its own.
@Suite(.serialized)
struct WorkerTokenTests {
    let bench: WorkerBench
    init() throws { bench = try WorkerBench() }

    /// An evaluation with everything: losses, classes, answers of two lengths, and rejected answers.
    private func evaluation() throws -> EvaluateTask {
        EvaluateTask(
            model: try WorkerBench.base(),
            sets: [
                EvaluationSet(name: .gate, files: [try bench.rows(label: true)], limit: 6),
                EvaluationSet(name: SetName("golden-a/b"), files: [try bench.pairs(4)], maxNewTokens: 3),
                EvaluationSet(name: .probe, files: [try bench.rows(3, name: "probe.jsonl")], maxNewTokens: 0),
            ], labels: ["meow", "woof", "moo", "baa"], maxNewTokens: 6, maxLength: 96)
    }

    private func encoded(_ task: EvaluateTask) async throws -> [FileReference] {
        var encode = EncodeTask(model: task.model, sets: task.sets, maxLength: task.maxLength)
        encode.questions = EvaluationQuestions(labels: task.labels, maxNewTokens: task.maxNewTokens)
        #expect(try await bench.run("asked", .encode(encode)) == .exited(0))
        return try #require(try bench.result("asked").files)
    }

    private func score(_ files: [FileReference]) async throws -> [FileReference] {
        var task = ScoreTask(model: try WorkerBench.base(), rows: [])
        task.tokens = files
        #expect(try await bench.run("scores", .score(task)) == .exited(0))
        return try #require(try bench.result("scores").files)
    }

    private func answer(_ files: [FileReference]) async throws -> [FileReference] {
        var task = GenerateTask(model: try WorkerBench.base(), conversations: [])
        task.tokens = files
        #expect(try await bench.run("answers", .generate(task)) == .exited(0))
        return try #require(try bench.result("answers").files)
    }

    @Test func recordsOfNumbersInTokensAreThoseOfTheWorkersOwn() async throws {
        let task = try evaluation()
        let asked = try await encoded(task)
        #expect(asked.count == 6 && asked.map { $0.rows ?? 0 } == [6 + 24, 6, 8, 4, 3, 0])
        let scores = try await score([asked[0], asked[2], asked[4]])
        let answers = try await answer([asked[1], asked[3]])
        let sets = task.sets.map(\.name)
        let records = RecordsTask(
            evaluate: task, scores: Dictionary(uniqueKeysWithValues: zip(sets, scores)),
            answers: Dictionary(uniqueKeysWithValues: zip(sets, answers)))
        #expect(try await bench.run("records", .records(records)) == .exited(0))
        #expect(try await bench.run("own", .evaluate(task)) == .exited(0))
        let (made, own) = (
            try #require(try bench.result("records").evaluations), try #require(try bench.result("own").evaluations)
        )
        #expect(Set(made.keys) == Set(sets) && Set(own.keys) == Set(sets))
        for set in sets {
            #expect(made[set]?.figures == own[set]?.figures, "\(set)")
            #expect(made[set]?.inspection == own[set]?.inspection)
            #expect(made[set]?.rows == own[set]?.rows)
            #expect(try lines(made[set]) == lines(own[set]), "\(set)")
        }
        let first = try #require(try lines(made[.gate]).first)
        #expect(first.labelScores?.count == 4 && first.output != nil && first.lossSum > 0)
    }

    private func lines(_ result: EvaluationResult?) throws -> [ExampleRecord] {
        try Data(contentsOf: URL(filePath: try #require(result).examples.path)).split(separator: UInt8(ascii: "\n"))
            .map { try ContractCoding.decode(ExampleRecord.self, from: Data($0)) }
    }

    @Test func numbersThatCannotBeTheirsAreRefused() async throws {
        var task = try evaluation()
        task.sets = [task.sets[0]]
        let asked = try await encoded(task)
        let scores = try await score([asked[0]])[0]
        let answers = try await answer([asked[1]])[0]
        func refused(_ id: String, _ scores: FileReference?, _ answers: FileReference?) async throws -> Failure {
            let records = RecordsTask(
                evaluate: task, scores: scores.map { [.gate: $0] } ?? [:], answers: answers.map { [.gate: $0] } ?? [:])
            #expect(try await bench.run(id, .records(records)) != .exited(0))
            let failure = try #require(try bench.failure(id))
            #expect(failure.remedy != nil && failure.place != nil)
            return failure
        }
        var other = scores
        other.sha256 = String(repeating: "0", count: 64)
        #expect(try await refused("digest", other, answers).code == "dataset.damaged")
        #expect(try await refused("missing", nil, answers).code == "request.tokens")
        #expect(try await refused("unanswered", scores, nil).code == "request.tokens")
        // Answers are no scores, and none are not as many as were asked for.
        #expect(try await refused("kind", answers, answers).code == "dataset.damaged")
        #expect(try await refused("empty", scores, empty()).code == "engine.result")
        let odd = try changed(scores) { data in
            // The last eight bytes of the losses become not a number.
            let size = 8 * (scores.rows ?? 0)
            data.replaceSubrange(data.count - size - 8..<data.count - size, with: [UInt8](repeating: 255, count: 8))
        }
        let failure = try await refused("nan", odd, answers)
        #expect(failure.code == "engine.result" && failure.message.contains("nan"))
    }

    /// An answer file without answers.
    private func empty() throws -> FileReference {
        let head =
            #"{"ids":{"dtype":"I32","shape":[0],"data_offsets":[0,0]},"rows":{"dtype":"I64","shape":[1],"#
            + #""data_offsets":[0,8]},"stopped":{"dtype":"I32","shape":[0],"data_offsets":[8,8]}}"#
        var data = withUnsafeBytes(of: UInt64(head.utf8.count).littleEndian) { Data($0) } + Data(head.utf8)
        data += Data(repeating: 0, count: 8)
        return try written(data, "empty")
    }

    private func changed(_ file: FileReference, _ change: (inout Data) -> Void) throws -> FileReference {
        var data = try Data(contentsOf: URL(filePath: file.path))
        change(&data)
        return try written(data, "changed-\(UUID().uuidString.prefix(8))")
    }

    private func written(_ data: Data, _ name: String) throws -> FileReference {
        let path = bench.folder + "/\(name).safetensors"
        try data.write(to: URL(filePath: path))
        return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count)
    }

    @Test func tokensThatTheModelDoesNotHaveAreRefused() async throws {
        let task = try evaluation()
        let asked = try await encoded(task)
        let odd = try changed(asked[0]) { data in
            let head = Int(data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            data.replaceSubrange(8 + head..<12 + head, with: [0, 0, 0, 127])
        }
        var score = ScoreTask(model: try WorkerBench.base(), rows: [])
        score.tokens = [odd]
        #expect(try await bench.run("odd", .score(score)) == .exited(65))
        let failure = try #require(try bench.failure("odd"))
        #expect(failure.code == "dataset.damaged" && failure.message.contains("2130706432"))
    }
}
