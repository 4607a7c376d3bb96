import ControlProtocol
import DataQuality
import Foundation
import JSONText
import Launching
import Ledger
import Nouns
import Platform
import RowFiles
import Settings
import StageKit
import Synchronization
import Testing
import WorkerProtocol

@testable import Datasets

/// Counts "tokens" as a worker would: one a word.
final class CountingLauncher: WorkerRunner {
    let starts = Mutex(0)
    private let refused: BaseID?

    /// - Parameter refused: a base whose tokens it fails to count.
    init(refusing refused: BaseID? = nil) { self.refused = refused }

    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        guard case .measure(let task) = request.task else {
            throw WorkerEnd.failed(Failure(code: "test", "not a measurement"))
        }
        guard task.model.base != refused else {
            throw WorkerEnd.failed(Failure(code: "test", "not of this base"))
        }
        starts.withLock { $0 += 1 }
        var data: [UInt8] = []
        for file in task.rows {
            try RowFile.read(file.path) { row in
                let words = RowText.whole(row.content).split(separator: " ").count
                let kept = min(words, task.maxLength)
                let none = words > 60
                MeasurementLine.append(
                    RowMeasurement(
                        row: row.id, drop: row.drop, line: row.line, tokens: none ? 0 : kept, labels: none ? 0 : 1,
                        truncated: none ? 0 : words - kept,
                        problem: none ? "the answer begins \"late\"" : nil, obstacle: none ? .tooLong : nil), to: &data)
            }
        }
        let path = request.directory + "/measure.jsonl"
        try Data(data).write(to: URL(filePath: path))
        var result = WorkerResult()
        result.files = [FileReference(path: path, sha256: "", bytes: data.count)]
        return result
    }
}

struct ExaminerTests {
    func scene() throws -> (DatasetScene, DatasetExaminer, CountingLauncher) {
        let scene = try DatasetScene("[recipe]\nmax_length = 30\n[data]\ngate_share = 0.3\n")
        try scene.context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 64, layers: 1,
                width: 1, vocabulary: 1,
                tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1))
        let launcher = CountingLauncher()
        return (scene, DatasetExaminer(scene.context, service: scene.service, launcher: launcher), launcher)
    }

    func words(_ count: Int, _ seed: Int) -> RowContent {
        .completion(
            prompt: (0..<(count - 1)).map { "w\((seed * 131 + $0 * 7919) % 9973)" }.joined(separator: " "),
            completion: "yes")
    }

    @Test func tokensAreCountedOncePerDropAndAddedUp() async throws {
        let (scene, examiner, launcher) = try scene()
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        try scene.store("d-1", (0..<30).map { words(20, $0) } + (0..<10).map { words(40, 100 + $0) })
        try scene.store("d-2", [words(70, 500), words(10, 501)])
        try await examiner.examine(pipeline)
        let first = try #require(try scene.context.ledger.report("p", drop: "d-1")?.tokens)
        #expect(first.rows == 40 && first.truncated == 10 && first.unusable == 0 && first.maxLength == 30)
        let second = try #require(try scene.context.ledger.report("p", drop: "d-2"))
        #expect(second.tokens?.unusable == 1 && second.findings.contains { $0.code == "unusable_rows" })
        let problem = try #require(second.tokens?.problems?.first)
        #expect(
            problem.code == "no_trainable_token" && problem.line == 1
                && second.tokens?.problemCounts == ["no_trainable_token": 1])
        let long = try #require(try scene.context.ledger.report("p", drop: "d-1")?.tokens)
        #expect(long.problemCounts == ["too_long": 10] && long.problems?.map(\.line) == Array(31...40))
        #expect(try scene.context.ledger.report("p")?.tokens?.rows == 42)
        #expect(launcher.starts.withLock { $0 } == 1)
        try await examiner.examine(pipeline)
        #expect(launcher.starts.withLock { $0 } == 1, "what is counted is not counted again")
        try scene.store("d-3", [words(12, 900)])
        #expect(try scene.context.ledger.report("p")?.tokens?.rows == 42, "kept until it is brought up to date")
        try await examiner.examine(pipeline)
        #expect(try scene.context.ledger.report("p")?.tokens?.rows == 43)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.sandbox.layout.runs).isEmpty,
            "no temporary folder is left")
    }

    @Test func partsOfGateRowsInTrainingRowsAreFound() async throws {
        let (scene, examiner, _) = try scene()
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        try scene.store("d-1", (0..<60).map { words(25, $0) })
        try await examiner.examine(pipeline)
        #expect(try scene.context.ledger.report("p")?.contamination?.contaminated == 0)
        // Fourteen words of a gate row within new prompts that otherwise differ; some of them fall to training.
        let gate = try #require(try scene.rows()[.gate]?.first)
        let phrase = RowText.whole(gate.content).split(separator: " ").prefix(14).joined(separator: " ")
        try scene.store(
            "d-2",
            (0..<6).map {
                .completion(
                    prompt: "x\($0) y\($0 * 7) z\($0 * 31) \(phrase) a\($0) b\($0) c\($0) d\($0) e\($0) f\($0)",
                    completion: "no")
            })
        try await examiner.examine(pipeline)
        let report = try #require(try scene.context.ledger.report("p"))
        let contamination = try #require(report.contamination)
        #expect(contamination.examples.contains { $0.row == gate.id } && contamination.gateRows == report.rows[.gate])
        #expect(report.findings.contains { $0.code == "contaminated_gate" })
    }

    /// More rows than are looked at after each change.
    @Test func aWithdrawnDropLeavesTheReportOfALargeDatasetWhole() async throws {
        let (scene, examiner, _) = try scene()
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        try scene.store("d-1", (0..<2_100).map { words(8, $0) })
        try scene.store("d-2", (3_000..<3_003).map { words(8, $0) })
        try await examiner.examine(pipeline)
        let before = try #require(try scene.context.ledger.report("p"))
        #expect(before.tokens?.rows == 2_103 && before.contamination != nil)
        _ = try DatasetCatalogue(scene.context, service: scene.service).revoke(
            "d-2", RevokeRequest(reason: "asked for"), who: "eva")
        try scene.service.pass()
        #expect(try scene.context.ledger.report("p")?.tokens == nil, "it is made anew")
        try await examiner.examine(pipeline)
        let after = try #require(try scene.context.ledger.report("p"))
        #expect(after.tokens?.rows == 2_100)
        #expect(after.contamination?.gateRows == after.rows[.gate])
    }

    @Test func theBaseThatWonCounts() async throws {
        let (scene, examiner, launcher) = try scene()
        try scene.sandbox.pipeline("p", "base = \"auto\"\n[recipe]\nmax_length = 30\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        try scene.store("d-1", (0..<20).map { words(20, $0) })
        try await examiner.examine(pipeline)
        #expect(launcher.starts.withLock { $0 } == 0, "no base has won yet")
        let ledger = scene.context.ledger
        try ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let begun = try ledger.begin("p") {
            Experiment(
                id: $0, pipeline: "p", settings: ExperimentSettings(), snapshot: "s", base: .automatic,
                recipe: pipeline.recipe, steps: 1, createdAt: Date(),
                requestedBy: "a test")
        }
        let found = Suggestion(
            pipeline: "p", experiment: begun.id, base: "tiny", values: [:], recipe: pipeline.recipe,
            configuredBase: .automatic)
        _ = try ledger.conclude(begun, suggestion: found, taking: [], message: "found", nil)
        try await examiner.examine(pipeline)
        #expect(try ledger.report("p", drop: "d-1")?.tokens?.rows == 20)
    }

    @Test func withoutItsBaseAPipelineHasNoTokenCounts() async throws {
        let scene = try DatasetScene()
        let launcher = CountingLauncher()
        try scene.store("d-1", DatasetScene.questions(0..<30))
        try await DatasetExaminer(scene.context, service: scene.service, launcher: launcher).examine(
            try #require(scene.context.settings.pipeline("p")))
        #expect(launcher.starts.withLock { $0 } == 0)
        #expect(
            try scene.context.ledger.report("p")?.tokens == nil
                && scene.context.ledger.report("p")?.contamination != nil)
    }
}
