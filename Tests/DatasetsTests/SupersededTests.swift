import ControlProtocol
import Foundation
import Nouns
import RowFormats
import Testing

@testable import Datasets

/// Of several labels of one prompt the newest judges.
struct SupersededTests {
    private let scene: DatasetScene

    init() throws {
        scene = try DatasetScene("[data]\ngate_share = 0.5\nvalidation_share = 0.2\n")
        try scene.store("d-1", DatasetScene.questions(0..<100, answer: "yes"))
    }

    @Test func anotherLabelTakesThePlaceOfTheOlder() throws {
        try scene.store("d-2", DatasetScene.questions(0..<40, answer: "no"))
        let rows = try scene.rows()[.gate] ?? []
        let newer = rows.filter { $0.drop == "d-2" }
        #expect(newer.count > 10)
        let found = try scene.context.ledger.superseded("p")
        #expect(found.count == newer.count)
        for row in found {
            #expect(row.reason == .superseded && row.drop == "d-1" && row.otherDrop == "d-2")
            let (old, new) = (rows.first { $0.id == row.id }, rows.first { $0.id == row.other })
            #expect(old?.promptKey == new?.promptKey && old?.label == "yes" && new?.label == "no")
        }
        // People see it in the list of what is kept out, in the report, and where they ask for the row.
        let catalogue = DatasetCatalogue(scene.context, service: scene.service)
        #expect(try catalogue.removed("p", drop: "d-1", limit: 1000).filter { $0.reason == .superseded } == found)
        #expect(try catalogue.list("p").removed["superseded"] == found.count)
        #expect(try catalogue.report("p", drop: nil).findings.contains { $0.code == "superseded" })
        #expect(try catalogue.lineage(found[0].id.rawValue).setAside.contains(found[0]))
        // Once the newer drop is withdrawn, the older rows judge again.
        _ = try scene.context.ledger.revoke("d-2", kept: [], shards: [], who: "eva", reason: "wrong")
        #expect(try scene.context.ledger.superseded("p").isEmpty)
    }

    @Test func whatSomebodyElsesJobBroughtIsNotNamed() throws {
        try scene.store("d-2", DatasetScene.questions(0..<40, answer: "no"))
        try scene.context.ledger.add(
            Job(
                id: "ftjob-1", owner: "uid:70001", pipeline: "p", createdAt: Date(), model: "tiny", base: "tiny",
                training: Job.File(id: "file-a", name: "a.jsonl", sha256: "a", bytes: 5), drop: "d-2"))
        let catalogue = DatasetCatalogue(scene.context, service: scene.service)
        for (owner, sees) in [("uid:70001", true), ("uid:70002", false)] {
            let who = Principal(owner: owner, name: "x", role: .user)
            let found = try catalogue.removed("p", drop: "d-1", limit: 1000, for: who).filter {
                $0.reason == .superseded
            }
            #expect(found.count > 10)
            #expect(found.allSatisfy { ($0.otherDrop == "d-2") == sees && ($0.other != nil) == sees })
        }
    }

    @Test func neitherRatingsNorFreeTextSupersede() throws {
        var rated = try scene.validated("d-2", DatasetScene.questions(0..<40, answer: "no"))
        rated.raters = ["ann"]
        try scene.context.ledger.update(rated)
        try scene.service.pass()
        #expect(try scene.context.ledger.superseded("p").isEmpty)
        try scene.store("d-3", DatasetScene.questions(0..<40, answer: "perhaps"))
        #expect(try !scene.context.ledger.superseded("p").isEmpty)
        // Where some answers are no classes, none are.
        let text = "It depends on the weather, on the season, and on who is asked."
        try scene.store("d-4", DatasetScene.questions(200..<230, answer: String(repeating: text + "\n", count: 4)))
        #expect(try scene.context.ledger.superseded("p").isEmpty)
    }
}
