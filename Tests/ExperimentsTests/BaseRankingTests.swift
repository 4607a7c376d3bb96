import Nouns
import Testing

@testable import Experiments

struct BaseRankingTests {
    @Test func fewestBitsPerByteCome1stAndUnusableBasesSayWhy() {
        let ranked = BaseRanking.rank(
            [
                BaseRecommendation(base: "big", bitsPerByte: 0.1, trainingMemoryBytes: 1 << 40),
                BaseRecommendation(base: "good", bitsPerByte: 0.8, labelAccuracy: 0.5, licence: "Apache-2.0"),
                BaseRecommendation(base: "poor", bitsPerByte: 1.6),
                BaseRecommendation(base: "short", bitsPerByte: 0.2, skippedShare: 0.5),
                BaseRecommendation(base: "broken", reasons: ["the worker failed"]),
            ], memoryBytes: 1 << 30)
        #expect(ranked.map(\.base) == ["good", "poor", "big", "broken", "short"])
        #expect(ranked.map(\.rank) == [1, 2, nil, nil, nil])
        #expect(ranked[1].reasons[0].contains("+100 %"))
        #expect(ranked[1].reasons.contains { $0.contains("licence unknown") })
        #expect(ranked[2].reasons[0].contains("1048576 MiB"))
        #expect(ranked[3].reasons == ["the worker failed"])
    }

    @Test func drawsAreDecidedByLabelsThenBySpeed() {
        let labels = BaseRanking.rank(
            [
                BaseRecommendation(base: "a", bitsPerByte: 1.0, labelAccuracy: 0.2),
                BaseRecommendation(base: "b", bitsPerByte: 1.02, labelAccuracy: 0.6),
            ],
            memoryBytes: 1)
        #expect(labels.map(\.base) == ["b", "a"])
        let speed = BaseRanking.rank(
            [
                BaseRecommendation(base: "a", bitsPerByte: 1.0, epochSeconds: 90),
                BaseRecommendation(base: "b", bitsPerByte: 1.02, epochSeconds: 20),
            ],
            memoryBytes: 1)
        #expect(speed.map(\.base) == ["b", "a"])
        #expect(BaseRanking.rank([], memoryBytes: 1).isEmpty)
    }

    @Test func labelsThatAreClearlyBetterGoBeforeBitsPerByte() {
        // As measured on the `sections` task, where the second base ended better.
        let bases = [
            BaseRecommendation(base: "g", bitsPerByte: 4.44, labelAccuracy: 0.25),
            BaseRecommendation(base: "s", bitsPerByte: 6.38, labelAccuracy: 0.54),
        ]
        #expect(BaseRanking.rank(bases, memoryBytes: 1).map(\.base) == ["s", "g"])
        let close = [
            BaseRecommendation(base: "g", bitsPerByte: 4.44, labelAccuracy: 0.25),
            BaseRecommendation(base: "s", bitsPerByte: 6.38, labelAccuracy: 0.3),
        ]
        #expect(BaseRanking.rank(close, memoryBytes: 1).map(\.base) == ["g", "s"])
    }
}
