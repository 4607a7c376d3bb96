import Foundation
import Launching
import Ledger
import Nouns
import Testing
import WorkerProtocol

@testable import Experiments

struct BaseRecommenderTests {
    private func file(_ scene: Scene, _ text: String) throws -> String {
        let path = scene.sandbox.root + "/rows.jsonl"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static let rows = (0..<40).map {
        "{\"prompt\": \"number \($0)\", \"completion\": \"\(["odd", "even"][$0 % 2])\"}"
    }.joined(separator: "\n")

    private static func answer(_ request: WorkerRequest) throws -> WorkerResult {
        var result = WorkerResult()
        switch request.task {
        case .measure: result.figures = ["rows": 20, "tokens": 400, "truncated_rows": 1, "unusable_rows": 1]
        case .score(let task):
            result.figures = ["bits_per_byte": task.model.base == "one" ? 2 : 1, "label_accuracy": 0.5]
        case .train:
            result.training = TrainingResult(
                adapter: AdapterReference(path: "", sha256: ""), steps: 3, bestStep: 3, finalLoss: 1, seconds: 1,
                tokens: 1, labelTokens: 1,
                tokensPerSecond: 50, peakMemoryBytes: 1, paused: true, machine: "m")
        default: throw WorkerEnd.failed(Failure(code: "test", "not asked for"))
        }
        return result
    }

    @Test func everyBaseIsScoredOnTheSameRowsAndItsSpeedMeasuredOnce() async throws {
        let scene = try Scene()
        let launcher = StubLauncher { try Self.answer($0) }
        let recommender = BaseRecommender(scene.context, launcher: launcher)
        let path = try file(scene, Self.rows)
        let ranked = try await recommender.recommend(file: path, rows: 16)
        #expect(ranked.map(\.base) == ["three", "one"] && ranked.map(\.rank) == [1, 2])
        #expect(ranked[0].skippedShare == 0.1)
        // 400 tokens over 19 rows, 40 rows, 50 tokens a second.
        #expect(abs((ranked[0].epochSeconds ?? 0) - 400.0 / 19 * 40 / 50) < 1e-9)
        let scored = launcher.requests.compactMap { request -> ScoreTask? in
            if case .score(let task) = request.task { task } else { nil }
        }
        #expect(scored.count == 2 && Set(scored.map(\.rows)).count == 1)
        #expect(scored[0].labels == ["even", "odd"] && scored[0].shots == 2 && scored[0].limit == 16)
        #expect(try scene.context.ledger.base("one")?.measured[BaseRecommender.speedKey] == 50)
        _ = try await recommender.recommend(file: path, rows: 16)
        #expect(launcher.requests.count { if case .train = $0.task { true } else { false } } == 2)
        // Nothing is left lying about.
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.context.layout.runs).isEmpty)
    }

    @Test func aBaseThatCannotBeScoredSaysWhyAndTheOthersAreRanked() async throws {
        let scene = try Scene()
        let launcher = StubLauncher { request in
            if case .score(let task) = request.task, task.model.base == "one" {
                throw WorkerEnd.failed(Failure(code: "model", "The file is cut off."))
            }
            return try Self.answer(request)
        }
        let ranked = try await BaseRecommender(scene.context, launcher: launcher).recommend(
            file: try file(scene, Self.rows), rows: 8)
        #expect(ranked.map(\.base) == ["three", "one"] && ranked[1].rank == nil)
        #expect(ranked[1].reasons.joined().contains("cut off"))
    }

    @Test func filesWithoutRowsAndPipelinesWithoutDataAreRefusedWithARemedy() async throws {
        let scene = try Scene()
        let recommender = BaseRecommender(scene.context, launcher: StubLauncher { try Self.answer($0) })
        let bad = await #expect(throws: Failure.self) {
            try await recommender.recommend(file: try self.file(scene, "5\n{\"a\": 1}\n"), rows: 8)
        }
        #expect(bad?.code == "recommend.no_rows" && bad?.message.contains("line 1") == true)
        #expect(
            await #expect(throws: Failure.self) { try await recommender.recommend("p", rows: 8) }?.code
                == "pipeline.no_rows")
        #expect(
            await #expect(throws: Failure.self) { try await recommender.recommend("q", rows: 8) }?.code
                == "pipeline.unknown")
    }

    @Test func samplesAreStableAndNameClassesOnlyWhereThereAreSome() throws {
        let rows = (0..<60).map {
            Row(
                id: RowID("r\($0)"), content: .completion(prompt: "\($0)", completion: "c"), split: .train,
                label: "c\($0 % 3)", promptKey: "k", drop: "d", line: $0)
        }
        let sample = ScoringSample(rows, count: 10, trainingRows: 60)
        #expect(sample.rows.count == 13 && sample.shots == 3 && sample.labels == ["c0", "c1", "c2"])
        #expect(Set(sample.rows.prefix(3).compactMap(\.label)).count == 3)
        #expect(ScoringSample(rows.reversed(), count: 10, trainingRows: 60).rows == sample.rows)
        // An answer that is always different is no class.
        let texts = rows.map { row in
            var row = row
            row.label = row.id.rawValue
            return row
        }
        #expect(ScoringSample(texts, count: 10, trainingRows: 60).labels == nil)
    }
}
