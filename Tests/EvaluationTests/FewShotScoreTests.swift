import ModelLoading
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Evaluation

/// What a base that was never trained for the rows makes of them.
@Suite(.serialized)
struct FewShotScoreTests {
    struct Stopped: Error {}

    private func rows(_ count: Int) -> [Row] {
        let animals = [("cat", "meow"), ("dog", "woof")]
        return (0..<count).map { index in
            let (animal, sound) = animals[index % 2]
            return Row(
                id: RowID("r\(index)"),
                content: .completion(prompt: "Which sound does a \(animal) make?", completion: sound),
                split: .gate, label: sound, promptKey: "k\(index)", drop: "d", line: index + 1)
        }
    }

    private func score(_ loaded: LoadedModel, _ interruption: @escaping Interruption = {}) throws -> (
        FewShotScore, () -> [Int]
    ) {
        var done: [Int] = []
        let observer = WorkObserver(
            stage: { _ in }, progress: { count, total, _ in done.append(count * 100 + total) }, warn: { _, _ in },
            interruption: interruption)
        let transformer = try Transformer(loaded.model, team: ThreadTeam(threads: 2))
        return (
            FewShotScore(
                encoder: loaded.encoder, transformer: transformer, memoryBytes: 64 << 20, observer: observer),
            { done }
        )
    }

    @Test func labelsAreScoredAfterTheExamples() throws {
        let loaded = try LoadedModel(path: TestSupport.model())
        let rows = rows(6)
        let (score, done) = try score(loaded)
        let figures = try score.figures(of: rows[2...], after: rows[..<2], labels: ["meow", "woof"])
        #expect(figures["rows"] == 4 && figures["rows_skipped"] == 0 && figures["shots"] == 2)
        // Both examples show which sound belongs to which animal.
        #expect(figures["label_accuracy"] == 1)
        #expect(figures["loss"] ?? 0 > 0 && figures["bits_per_byte"] ?? 0 > 0)
        #expect(done().last == 404)
        let plain = try score.figures(of: rows[2...], after: [], labels: nil)
        #expect(plain["label_accuracy"] == nil && plain["shots"] == nil && plain["loss"] == figures["loss"])
    }

    @Test func whoStopsGetsNoFigures() throws {
        let loaded = try LoadedModel(path: TestSupport.model())
        var asked = 0
        let (score, _) = try score(loaded) {
            asked += 1
            if asked == 3 { throw Stopped() }
        }
        let rows = rows(4)
        #expect(throws: Stopped.self) { try score.figures(of: rows[...], after: [], labels: nil) }
        #expect(asked == 3)
    }
}
