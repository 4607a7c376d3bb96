import Foundation
import Monitoring
import Nouns
import OperationsScene
import TestSupport
import Testing

@testable import Feedback

/// What becomes of ratings: drops, and versions that are taken back.
struct FeedbackServiceTests {
    @Test func correctionsBecomeADropOnceTheyHaveSettled() throws {
        let scene = try FeedbackScene("[feedback]\nsettle = 600\n")
        for id in ["c-1", "c-2", "c-3", "c-4"] { try scene.keep(id, "What is \(id)?") }
        try scene.rate("c-1", correction: "One.", by: "ann", age: 500)
        try scene.rate("c-2", good: true, age: 500)
        try scene.rate("c-3", age: 500)
        try scene.pass()
        #expect(scene.received.isEmpty)
        try scene.rate("c-4", correction: "Four.", by: "bob")
        try scene.pass(at: Date(timeIntervalSinceNow: 101))
        let received = try #require(scene.received.first)
        #expect(received.rows.map { $0["completion"] } == ["One.", "Four."])
        #expect(received.rows.map { $0["feedback"] } == ["c-1", "c-4"])
        #expect(received.raters == ["ann", "bob"])
        #expect(try scene.store.find("c-1", who: "ann").drop == received.id)
        // Nothing twice, also after a restart.
        try scene.pass(at: Date(timeIntervalSinceNow: 9000))
        #expect(scene.received.count == 1)
    }

    @Test func approvedAnswersAreRowsWhereThePipelineSaysSo() throws {
        let scene = try FeedbackScene("[feedback]\nsettle = 0\napproved = true\n")
        try scene.keep("c-1")
        try scene.rate("c-1", good: true)
        try scene.pass()
        #expect(scene.received.first?.rows.first?["completion"] == "The sky.")
    }

    @Test func theSameRatingTwiceIsOneAndAnotherTakesItsPlace() throws {
        let scene = try FeedbackScene("[feedback]\nsettle = 0\n")
        try scene.keep("c-1")
        for _ in 0..<3 { try scene.rate("c-1", correction: "One.", age: 5) }
        try scene.pass()
        try scene.rate("c-1", correction: "One.")
        #expect(scene.withdrawn.isEmpty)
        #expect(scene.store.tallies("p")["v-1"]?.votes.count == 1)
        #expect(scene.context.meters.value(.ratings, "p", "bad") == 1)
        // A row that would be another one is withdrawn, and made anew.
        let drop = try #require(scene.received.first?.id)
        try scene.rate("c-1", correction: "Two.")
        #expect(scene.withdrawn == [drop])
        try scene.pass()
        #expect(scene.received.map { $0.rows.first?["completion"] } == ["One.", "Two."])
        #expect(scene.store.tallies("p")["v-1"]?.votes.count == 1)
    }

    @Test func deletingWithdrawsTheRowAndDropsTheOthersAnew() throws {
        let scene = try FeedbackScene("[feedback]\nsettle = 0\n")
        for id in ["c-1", "c-2"] {
            try scene.keep(id, "What is \(id)?")
            try scene.rate(id, correction: "It is \(id).")
        }
        try scene.pass()
        let drop = try #require(scene.received.first?.id)
        try scene.store.remove("c-1", who: "ann", withdraw: scene.withdraw)
        #expect(scene.withdrawn == [drop])
        try scene.pass()
        #expect(scene.received.last?.rows.map { $0["feedback"] } == ["c-2"])
        #expect(try !scene.onDisk().contains("It is c-1."))
    }

    @Test func whereTheRowCannotBeWithdrawnNothingIsDeleted() throws {
        let scene = try FeedbackScene("[feedback]\nsettle = 0\n")
        try scene.keep("c-1")
        try scene.rate("c-1", correction: "One.")
        try scene.pass()
        let failure = Failure(code: "drop.state", "It is being stored.")
        #expect(throws: failure) { try scene.store.remove("c-1", who: "ann") { _ in throw failure } }
        #expect(throws: failure) {
            try scene.store.rate("c-1", Rating(isGood: true, by: "ann", at: Date()), who: "ann") { _ in throw failure }
        }
        #expect(try scene.store.find("c-1", who: "ann").ratings.map(\.correction) == ["One."])
    }

    @Test func aVersionWhoseAnswersAreBadIsTakenBackAndNoOther() throws {
        let scene = try FeedbackScene("[delivery]\nrollback_bad_share = 0.2\n")
        try scene.serve("v-2")
        for index in 0..<60 {
            for (version, isBad) in [("v-1", true), ("v-2", index % 10 == 0)] {
                let id = "c-\(version)-\(index)"
                try scene.keep(id, version: VersionID(version))
                try scene.rate(id, good: !isBad, by: "r\(index % 6)")
            }
        }
        try scene.pass()
        #expect(scene.rolledBack.isEmpty)
        try scene.serve("v-1")
        try scene.pass()
        #expect(scene.rolledBack.count == 1)
        #expect(scene.rolledBack.first?.hasPrefix("p v-1: 60 of 60 rated answers are bad") == true)
    }
}
