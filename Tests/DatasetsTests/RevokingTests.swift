import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import StageKit
import Testing

@testable import Datasets

/// A withdrawn drop is in no future snapshot; what others brought too stays.
struct RevokingTests {
    @Test func onlyItsOwnRowsGo() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\n")
        try scene.store("d-1", DatasetScene.questions(0..<40))
        try scene.store("d-2", DatasetScene.questions(30..<60))
        let sides = Dictionary(uniqueKeysWithValues: try scene.rows().values.flatMap { $0 }.map { ($0.id, $0.split) })
        let catalogue = DatasetCatalogue(scene.context, service: scene.service)
        let answer = try catalogue.revoke("d-1", RevokeRequest(reason: "asked for"), who: "eva")
        #expect(answer.rowsWithdrawn == 30 && answer.rowsKept == 10 && answer.versions.isEmpty)
        try scene.service.pass()
        let rows = try scene.rows().values.flatMap { $0 }
        #expect(rows.count == 30 && rows.allSatisfy { $0.drop == "d-2" && sides[$0.id] == $0.split })
        #expect(Set(rows.map(\.line)) == Set(1...30))
        #expect(try scene.context.ledger.rowCounts("p").values.reduce(0, +) == 30)
        #expect(try scene.context.ledger.report("p")?.drops == 1)
        #expect(try scene.context.ledger.drop("d-1")?.state == .revoked)
        let gone = try scene.context.ledger.dataLineage(
            try #require(sides.keys.first { id in !rows.contains { $0.id == id } }).rawValue)
        #expect(gone.places.map(\.state) == [.revoked])
        #expect { try catalogue.revoke("d-1", RevokeRequest(reason: "again"), who: "eva") } throws: {
            ($0 as? Failure)?.code == "drop.state"
        }
        #expect { try catalogue.revoke("d-9", RevokeRequest(reason: "x"), who: "eva") } throws: {
            ($0 as? Failure)?.code == "drop.unknown"
        }
        // The same rows may come again, by whoever has a right to give them; their sides are what they were.
        let again = try scene.store("d-3", DatasetScene.questions(0..<40))
        #expect(again?.rowsAccepted == 30 && again?.rowsDuplicate == 10)
        for row in try scene.rows().values.flatMap({ $0 }) {
            if let side = sides[row.id] { #expect(side == row.split) }
        }
    }

    @Test func whatWasKeptOutBecauseOfItComesBack() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\n")
        try scene.store("d-1", QualityTests.rows(0..<80))
        try scene.store("d-2", QualityTests.rows(0..<80, " indeed"))
        let before = try scene.context.ledger.setAside("p").filter { $0.drop == "d-2" }
        #expect(!before.isEmpty)
        _ = try DatasetCatalogue(scene.context, service: scene.service).revoke(
            "d-1", RevokeRequest(reason: "r"), who: "eva")
        try scene.service.pass()
        #expect(try scene.context.ledger.setAside("p").isEmpty)
        #expect(try scene.context.ledger.unindexedDrops("p").isEmpty)
    }

    @Test func erasingLeavesNoByte() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\n")
        try scene.store(
            "d-1",
            [.completion(prompt: "the secret phrase xyzzy", completion: "plugh")] + DatasetScene.questions(0..<20))
        try scene.store("d-2", DatasetScene.questions(10..<30))
        let answer = try DatasetCatalogue(scene.context, service: scene.service).revoke(
            "d-1", RevokeRequest(reason: "r", erase: true), who: "eva")
        #expect(answer.erasedBytes > 0 && answer.rowsWithdrawn == 11)
        try scene.service.pass()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.sandbox.layout.intake("p", drop: "d-1")).isEmpty)
        var texts = ""
        let folder = scene.sandbox.layout.shards("p")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try RowFile.read(folder + "/" + name) { texts += "\($0.content)" }
        }
        #expect(!texts.contains("xyzzy") && texts.contains("Question number 10"))
        #expect(try scene.rows().values.reduce(0) { $0 + $1.count } == 20)
    }

    @Test func listsDifferencesAndExportsAreTold() async throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\n")
        try scene.store("d-1", DatasetScene.questions(0..<40))
        let catalogue = DatasetCatalogue(scene.context, service: scene.service)
        func snapshot(_ id: SnapshotID) throws {
            var files: [Split: [FileReference]] = [:]
            for shard in try scene.context.ledger.shards("p") { files[shard.split, default: []].append(shard.file) }
            try scene.context.ledger.add(
                Snapshot(
                    id: id, pipeline: "p", createdAt: Date(),
                    drops: try scene.context.ledger.storedDrops("p").map(\.id), files: files,
                    rows: files.mapValues { $0.reduce(0) { $0 + ($1.rows ?? 0) } }))
        }
        try snapshot("s-1")
        try scene.store("d-2", DatasetScene.questions(40..<50))
        try snapshot("s-2")
        let difference = try catalogue.difference("s-1", "s-2")
        #expect(difference.a.rows.values.reduce(0, +) == 0 && difference.b.rows.values.reduce(0, +) == 10)
        #expect(difference.b.drops == ["d-2"] && difference.shared.values.reduce(0, +) == 40)
        #expect(difference.b.examples.values.flatMap { $0 }.count == 10)
        let listing = try catalogue.list("p")
        #expect(listing.drops.map(\.drop.id) == ["d-2", "d-1"] && listing.snapshots.count == 2)
        #expect(try catalogue.show("d-2").report?.drop == "d-2" && catalogue.show("s-1").snapshot?.snapshot.id == "s-1")
        #expect { try catalogue.show("nothing") } throws: { ($0 as? Failure)?.code == "snapshot.unknown" }

        var bytes = Data()
        for try await piece in RowExport.lines(try catalogue.files("s-2", split: nil)) { bytes.append(piece) }
        let rows = try bytes.split(separator: 10).map { try ContractCoding.decode(Row.self, from: Data($0)) }
        #expect(rows.count == 50 && Set(rows.map(\.id)).count == 50)
        var gate = Data()
        for try await piece in RowExport.lines(try catalogue.files("p", split: .gate)) { gate.append(piece) }
        #expect(
            try gate.split(separator: 10).allSatisfy {
                try ContractCoding.decode(Row.self, from: Data($0)).split == .gate
            })
    }
}
