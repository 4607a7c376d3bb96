import Foundation
import Nouns
import Platform
import Testing

@testable import Intake

/// Rows that people made by rating answers come as a drop like any other.
struct FeedbackTests {
    private static let rows = Data(#"{"prompt": "q", "completion": "a", "feedback": "c-1"}"#.utf8 + [10])

    @Test func theyAreReadAsADropThatKnowsWhoChoseThem() throws {
        let scene = try IntakeScene()
        try scene.service.take(Self.rows, as: "d-1", named: "feedback.jsonl", raters: ["ann", "bob"], of: "p")
        try scene.pass()
        let drop = try #require(try scene.drops().first)
        #expect(drop.id == "d-1" && drop.state == .validated && drop.rowsAccepted == 1)
        #expect(drop.name == "feedback.jsonl" && drop.raters == ["ann", "bob"])
        // Again is the same.
        try scene.service.take(Self.rows, as: "d-1", named: "feedback.jsonl", raters: ["ann", "bob"], of: "p")
        #expect(try scene.drops().count == 1)
    }

    /// Killed before the ledger knew of it, the drop is found by the next daemon, with those who chose its rows.
    @Test func whatADaemonLeftBehindIsReceivedByTheNext() throws {
        let scene = try IntakeScene()
        let folder = scene.context.layout.intake("p", drop: "d-1")
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Array("feedback.jsonl".utf8), to: folder + "/name")
        try AtomicFile.write(Data(#"["ann"]"#.utf8), to: folder + "/raters.json")
        try AtomicFile.write(Self.rows, to: folder + "/original")
        try AtomicFile.makeFolder(scene.context.layout.intake("p") + "/.feedback")
        _ = try scene.restarted().pass(CompleteFiles())
        #expect(try scene.drops().map(\.raters) == [["ann"]])
        try scene.service.take(Self.rows + Self.rows, as: "d-2", named: "more.jsonl", raters: ["ann"], of: "p")
        #expect(try scene.drops().count == 2)
    }

    @Test func aPipelineThatIsNotThereTakesNone() throws {
        let scene = try IntakeScene()
        #expect(throws: Failure.self) {
            try scene.service.take(Self.rows, as: "d-1", named: "x.jsonl", raters: [], of: "nobody")
        }
    }
}
