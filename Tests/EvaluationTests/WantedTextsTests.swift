import Testing
import Transformers

@testable import Evaluation

/// When an answer can no longer be right, and what labels' scores tell of it.
struct WantedTextsTests {
    @Test(arguments: [
        ("", true), (" ", true), ("\n net", true), ("net", true), ("net ", true), ("netw", true), ("network", true),
        ("New", true), ("New ", true), ("New York", true), ("Z\u{FFFD}", true), ("Zü", true), ("\u{FFFD}", true),
        ("Net", false), ("The", false), ("networks", false), ("net w", false), ("New  York", false), ("Zu", false),
    ])
    func beginsOne(text: String, can: Bool) {
        #expect(WantedTexts(["net", " network", "New York", "Zürich\n"]).canBegin(with: text) == can)
    }

    private let stop: Int32 = 99
    private let prompt: [Int32] = [1, 2, 3]

    private func scored(_ label: [Int32], _ likeliest: [Int32]) throws -> ForeseenAnswer.Scored {
        let ids = prompt + label + [stop]
        var score = SequenceScore()
        score.likeliest = likeliest
        let weights = ids.indices.map { $0 >= prompt.count ? Float(1) : 0 }
        return try #require(ForeseenAnswer.Scored(TokenSequence(ids: ids, weights: weights), score, prompt: prompt))
    }

    /// Two labels, 10 11 and 10 12; after 10 the second is likelier, after which the turn ends.
    private func labels(first: Int32 = 10, last: Int32? = nil) throws -> [ForeseenAnswer.Scored] {
        [
            try scored([10, 11], [first, 12, 50]), try scored([10, 12], [first, 12, last ?? stop]),
        ]
    }

    @Test func aLabelIsReadToItsEnd() throws {
        let answer = ForeseenAnswer(try labels(), stopTokens: [stop], room: 8)
        #expect(answer.ids == [10, 12] && answer.finish == .stop)
    }

    @Test func whatLeavesEveryLabelHasNoEnd() throws {
        let at = ForeseenAnswer(try labels(first: 7), stopTokens: [stop], room: 8)
        #expect(at.ids == [7] && at.finish == nil)
        let later = ForeseenAnswer(try labels(last: 44), stopTokens: [stop], room: 8)
        #expect(later.ids == [10, 12, 44] && later.finish == nil)
        #expect(ForeseenAnswer([], stopTokens: [stop], room: 8).finish == nil)
    }

    @Test func theLimitEndsIt() throws {
        #expect(ForeseenAnswer(try labels(), stopTokens: [stop], room: 2).finish == .length)
        #expect(ForeseenAnswer(try labels(first: 7), stopTokens: [stop], room: 1).finish == .length)
        let empty = ForeseenAnswer(try labels(first: stop), stopTokens: [stop], room: 2)
        #expect(empty.ids == [] && empty.finish == .stop)
    }

    @Test func onlySequencesThatGoOnFromThePromptTell() {
        let score = SequenceScore()
        let weights: [Float] = [0, 0, 0, 1]
        for ids: [Int32] in [[1, 2, 4, 5], [1, 2, 3], []] {
            let sequence = TokenSequence(ids: ids, weights: Array(weights.prefix(ids.count)))
            #expect(ForeseenAnswer.Scored(sequence, score, prompt: prompt) == nil)
        }
        // A label before the prompt's end: another turn of the conversation.
        let other = TokenSequence(ids: [1, 2, 3, 4], weights: [0, 1, 0, 1])
        #expect(ForeseenAnswer.Scored(other, score, prompt: prompt) == nil)
    }
}
