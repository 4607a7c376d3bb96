import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@testable import Evaluation

/// Sequences that are scored together, their beginnings shared, have the scores that each has alone.
@Suite(.serialized)
struct SequenceScorerTests {
    private func transformer() throws -> Transformer {
        try Transformer(Model(gguf: GGUFFile(path: TestSupport.model())), team: ThreadTeam(threads: 2))
    }

    /// Sequences of many lengths, some with a beginning in common, one the beginning of another, and one that has
    /// nothing to score.
    private var sequences: [TokenSequence] {
        let stem: [Int32] = (0..<40).map { 100 + Int32($0) * 37 % 900 }
        func sequence(_ ids: [Int32], from first: Int) -> TokenSequence {
            TokenSequence(ids: ids, weights: ids.indices.map { $0 >= first ? 1 : 0 })
        }
        return [
            sequence(stem + [5, 6, 7], from: 40), sequence(stem, from: 20), sequence([9, 8, 7, 6], from: 1),
            sequence(stem + [5, 6, 300], from: 40),
            sequence(stem, from: 40), sequence(Array(stem.reversed()), from: 1), sequence(stem + stem, from: 41),
            sequence([1, 2], from: 1),
        ]
    }

    @Test func togetherIsAsAlone() throws {
        let transformer = try transformer()
        let together = try SequenceScorer(transformer, memoryBytes: 256 << 20).score(sequences)
        // The least that a pass may have: several passes.
        var progress: [Int] = []
        let inPasses = try SequenceScorer(transformer, memoryBytes: 0).score(
            sequences, progress: { progress.append($0) })
        #expect(progress.last == sequences.count)
        for (index, sequence) in sequences.enumerated() {
            let alone = try #require(try SequenceScorer(transformer, memoryBytes: 256 << 20).score([sequence]).first)
            #expect(alone.tokens == sequence.labels)
            for score in [together[index], inPasses[index]] {
                #expect(score.tokens == alone.tokens && score.correct == alone.correct)
                #expect(
                    abs(score.lossSum - alone.lossSum) <= 1e-4 * max(1, alone.lossSum),
                    "\(index): \(score.lossSum), alone \(alone.lossSum)")
            }
        }
        #expect(together[4] == SequenceScore(), "nothing to score")
    }

    @Test func whoStopsGetsNoScores() throws {
        let scorer = SequenceScorer(try transformer(), memoryBytes: 0)
        struct Stopped: Error {}
        var passes = 0
        var done: [Int] = []
        #expect(throws: Stopped.self) {
            // No two fit one pass.
            let long = (0..<3).map {
                TokenSequence(ids: [Int32](repeating: 7 + $0, count: 200), weights: [Float](repeating: 1, count: 200))
            }
            _ = try scorer.score(long, progress: { done.append($0) }) {
                passes += 1
                if passes == 2 { throw Stopped() }
            }
        }
        #expect(passes == 2 && done.count == 1)
        #expect(try scorer.score([]) == [])
    }

    /// The same sequence twice is computed once, and the likeliest tokens are those that the answer would take.
    @Test func equalSequencesShareAScore() throws {
        let scorer = SequenceScorer(try transformer(), memoryBytes: 64 << 20)
        var progress: [Int] = []
        let scores = try scorer.score(sequences + sequences, progress: { progress.append($0) })
        #expect(Array(scores.prefix(sequences.count)) == Array(scores.suffix(sequences.count)))
        #expect(progress == [2 * sequences.count])
        for (score, sequence) in zip(scores, sequences) {
            #expect(score.likeliest.count == sequence.labels)
            let targets = sequence.ids.indices.dropFirst().filter { sequence.weights[$0] != 0 }
            let right = zip(score.likeliest, targets).count { $0 == sequence.ids[$1] }
            #expect(right == score.correct)
        }
    }
}
