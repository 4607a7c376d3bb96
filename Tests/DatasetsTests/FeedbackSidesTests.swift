import Nouns
import RowFormats
import Testing

@testable import Datasets

/// Rows that were chosen by rating answers never judge.
struct FeedbackSidesTests {
    @Test func newQuestionsLearnAndThoseThatJudgeStayAsTheyWere() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.5\nvalidation_share = 0.2\n")
        try scene.store("d-1", DatasetScene.questions(0..<100, answer: "yes"))
        let before = try scene.rows()
        // The same questions with other answers, and new ones.
        var drop = try scene.validated("d-2", DatasetScene.questions(0..<160, answer: "no"))
        drop.raters = ["ann"]
        try scene.context.ledger.update(drop)
        try scene.service.pass()
        let after = try scene.rows()
        #expect(after[.gate]?.filter { $0.drop == "d-1" } == before[.gate])
        #expect(try scene.context.ledger.drop("d-2")?.state == .stored)
        let (new, known) = (
            (after[.train] ?? []).filter { $0.drop == "d-2" }, Set((before[.train] ?? []).map(\.promptKey))
        )
        #expect(new.count == 60 + known.count)
        #expect((after[.validation] ?? []).filter { $0.drop == "d-2" }.count == before[.validation]?.count)
        // Those that are asked on the gate's side judge nothing: they are a set of their own.
        let gate = before[.gate]?.count ?? 0
        #expect(gate > 20)
        #expect((after[.gate] ?? []).filter { $0.drop == "d-2" }.count == gate)
        let judging = try scene.context.ledger.judging("p")
        #expect(judging.gate.map(\.file.rows) == [gate] && judging.feedback.map(\.rows) == [gate])
    }

    /// What was dropped as a prompt is asked as a conversation, and is on the side where it was.
    @Test func aQuestionHasItsSideInEachShape() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.5\nvalidation_share = 0.2\n")
        try scene.store("d-1", DatasetScene.questions(0..<100, answer: "yes"))
        let before = try scene.rows()
        let pairs = DatasetScene.questions(0..<100).map { content in
            RowContent.preference(
                prompt: [Message(role: "user", content: RowIdentity.prompt(content))],
                chosen: [Message(role: "assistant", content: "no")],
                rejected: [Message(role: "assistant", content: "yes")])
        }
        var drop = try scene.validated("d-2", pairs)
        drop.raters = ["ann"]
        try scene.context.ledger.update(drop)
        try scene.service.pass()
        let after = try scene.rows()
        #expect(after[.gate]?.filter { $0.drop == "d-2" }.count == before[.gate]?.count)
        #expect(try scene.context.ledger.judging("p").feedback.map(\.rows) == [before[.gate]?.count])
    }
}
