import Foundation
import Nouns
import Testing

@testable import Feedback

/// What a rated answer becomes.
struct FeedbackRowTests {
    private func row(
        _ messages: [Message], _ ratings: [Rating], approved: Bool = false, asPair: Bool = false, tools: String? = nil
    ) throws -> JSONValue? {
        var stored = FeedbackScene.completion("c-1")
        stored.messages = messages
        stored.ratings = ratings
        stored.tools = tools
        return try FeedbackRow(stored, usesApproved: approved, asPair: asPair).map {
            try ContractCoding.decode(JSONValue.self, from: $0.line)
        }
    }
    private let question = [Message(role: "user", content: "What is up?")]
    private func corrected(_ text: String, by: String = "ann", at seconds: Double = 0) -> Rating {
        Rating(isGood: false, correction: text, by: by, at: Date(timeIntervalSince1970: seconds))
    }

    @Test func aCorrectionOfOneQuestionIsAPromptAndItsCompletion() throws {
        #expect(
            try row(question, [corrected("The ceiling.")])
                == ["prompt": "What is up?", "completion": "The ceiling.", "feedback": "c-1"])
    }

    @Test func theLastCorrectionCounts() throws {
        let found = try row(question, [corrected("Second.", by: "bob", at: 9), corrected("First.", at: 3)])
        #expect(found?["completion"] == "Second.")
    }

    @Test func whereThePipelineLearnsFromPairsItIsOne() throws {
        let found = try row(question, [corrected("The ceiling.")], asPair: true)
        #expect(
            found == [
                "prompt": [["role": "user", "content": "What is up?"]],
                "chosen": [["role": "assistant", "content": "The ceiling."]],
                "rejected": [["role": "assistant", "content": "The sky."]], "feedback": "c-1",
            ])
    }

    /// Nobody has said that former answers are good.
    @Test func formerAnswersAreNotLearnt() throws {
        let talk = [
            Message(role: "system", content: "Be short."), Message(role: "user", content: "Hello"),
            Message(role: "assistant", content: "Hi."), Message(role: "user", content: "What is up?"),
        ]
        let found = try row(talk, [corrected("The ceiling.")])
        let messages = try #require(found?["messages"]?.arrayValue)
        #expect(messages.map { $0["weight"] } == [nil, nil, 0, nil, nil])
        #expect(messages.last == ["role": "assistant", "content": "The ceiling."])
    }

    @Test func onlyWhatIsApprovedOfByAllIsARowAsItIs() throws {
        let good = Rating(isGood: true, by: "ann", at: Date())
        let bad = Rating(isGood: false, by: "bob", at: Date())
        #expect(try row(question, [good]) == nil)
        #expect(try row(question, [good], approved: true)?["completion"] == "The sky.")
        #expect(try row(question, [good, bad], approved: true) == nil)
        #expect(try row(question, [bad], approved: true) == nil)
        #expect(try row(question, [], approved: true) == nil)
        #expect(try row(question, [good, corrected("The ceiling.")], approved: true)?["completion"] == "The ceiling.")
    }
}
