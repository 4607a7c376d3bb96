import Foundation
import Ledger
import Nouns
import Platform
import RowFormats
import Settings
import StageKit
import Testing

@testable import Datasets

struct DropStoringTests {
    @Test func sidesStayWhereTheyAreWhenTheSharesChange() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.2\nvalidation_share = 0.2\n")
        try scene.store("d-1", DatasetScene.questions(0..<300))
        let first = Dictionary(
            uniqueKeysWithValues: try scene.rows().flatMap { split, rows in rows.map { ($0.promptKey, split) } })
        #expect(Set(first.values) == Set(Split.allCases))
        try scene.settings("[data]\ngate_share = 0.6\nvalidation_share = 0.05\n")
        try scene.store("d-2", DatasetScene.questions(0..<300, answer: "no"))
        let rows = try scene.rows()
        #expect(rows.values.reduce(0) { $0 + $1.count } == 600)
        for (split, list) in rows { for row in list { #expect(first[row.promptKey] == split && row.split == split) } }
    }

    @Test func aDropIsStoredByTheShareThatItWasClaimedWith() throws {
        let scene = try DatasetScene("[data]\nvalidation_share = 0.0\n")
        try scene.store("d-1", DatasetScene.questions(0..<400), gateShare: 0.5)
        try scene.store("d-2", DatasetScene.questions(400..<800))
        let gate = try scene.rows()[.gate] ?? []
        let first = gate.count { $0.drop == "d-1" }
        let second = gate.count { $0.drop == "d-2" }
        #expect(first > 150 && second < 80, "\(first), \(second)")
    }

    @Test func whatIsKnownAlreadyIsCountedAndListed() throws {
        let scene = try DatasetScene()
        try scene.store("d-1", DatasetScene.questions(0..<40))
        let second = try scene.store("d-2", DatasetScene.questions(30..<50) + DatasetScene.questions(45..<50))
        #expect(second?.state == .stored && second?.rowsDuplicate == 15 && second?.rowsAccepted == 10)
        #expect(try scene.context.ledger.rowCounts("p").values.reduce(0, +) == 50)
    }

    @Test func aDropWhoseRowsAreGoneIsReadAgain() throws {
        let scene = try DatasetScene()
        try scene.validated("d-1", DatasetScene.questions(0..<40))
        try scene.validated("d-2", DatasetScene.questions(40..<50))
        for id in ["d-1", "d-2"] as [DropID] {
            #expect(unlink(scene.sandbox.layout.intake("p", drop: id) + "/rows.jsonl.zst") == 0)
        }
        try AtomicFile.write(Data("x".utf8), to: scene.sandbox.layout.intake("p", drop: "d-1") + "/original")
        try scene.service.pass()
        #expect(try scene.context.ledger.drop("d-1")?.state == .received)
        // Without an original nothing can be read again: it is said, and nothing is touched.
        #expect(try scene.context.ledger.drop("d-2")?.state == .validated)
        #expect(scene.context.problems.all(prefix: "datasets:drop:d-2").count == 1)
    }

    @Test func groupsStayOnOneSide() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\nvalidation_share = 0.2\ngroup_by = \"session_id\"\n")
        let contents = DatasetScene.questions(0..<200)
        try scene.store("d-1", contents, fields: contents.indices.map { ["session_id": .integer(Int64($0 / 4))] })
        var sides: [JSONValue: Set<Split>] = [:]
        for (split, rows) in try scene.rows() {
            for row in rows { sides[row.fields?["session_id"] ?? .null, default: []].insert(split) }
        }
        #expect(sides.count == 50 && sides.values.allSatisfy { $0.count == 1 })
    }

    @Test func aRowBetweenTwoSidesIsSetAsideAndListed() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.45\nvalidation_share = 0.0\ngroup_by = \"s\"\n")
        let contents = DatasetScene.questions(0..<60)
        try scene.store("d-1", contents, fields: contents.indices.map { ["s": .integer(Int64($0))] })
        // Every prompt again, in the group of its neighbour: about half of them are on the other side.
        let moved = DatasetScene.questions(0..<60, answer: "no")
        let drop = try scene.store("d-2", moved, fields: moved.indices.map { ["s": .integer(Int64(($0 + 1) % 60))] })
        // Some of these rows are also nearly the same as a gate row, which keeps them out of training but not out of
        // the dataset.
        let aside = try scene.context.ledger.setAside("p").filter { $0.reason == .splitConflict }
        #expect(!aside.isEmpty && aside.count < 60)
        #expect(aside.allSatisfy { $0.drop == "d-2" })
        #expect(drop?.rowsAccepted == 60 - aside.count)
        var promptSides: [String: Set<Split>] = [:]
        var groupSides: [JSONValue: Set<Split>] = [:]
        for (split, rows) in try scene.rows() {
            for row in rows {
                promptSides[row.promptKey, default: []].insert(split)
                groupSides[row.fields?["s"] ?? .null, default: []].insert(split)
            }
        }
        #expect(promptSides.values.allSatisfy { $0.count == 1 } && groupSides.values.allSatisfy { $0.count == 1 })
    }

    @Test func aDamagedDropHoldsUpNoOther() throws {
        let scene = try DatasetScene()
        try scene.validated("d-1", DatasetScene.questions(0..<10))
        try Data("not zstd".utf8).write(
            to: URL(filePath: scene.sandbox.layout.intake("p", drop: "d-1") + "/rows.jsonl.zst"))
        try scene.store("d-2", DatasetScene.questions(0..<10))
        #expect(try scene.context.ledger.drop("d-2")?.state == .stored)
        #expect(try scene.context.ledger.drop("d-1")?.state == .validated)
        #expect(scene.context.problems.all(prefix: "datasets:drop:d-1").count == 1)
    }

    @Test func aDamagedDropHoldsUpNoOtherPipeline() throws {
        let scene = try DatasetScene()
        try scene.sandbox.pipeline("q", "base = \"tiny\"\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        try scene.validated("d-1", DatasetScene.questions(0..<10))
        let damaged = scene.sandbox.layout.intake("p", drop: "d-1") + "/rows.jsonl.zst"
        let whole = try Data(contentsOf: URL(filePath: damaged))
        try Data("not zstd".utf8).write(to: URL(filePath: damaged))
        // Nor does an index that cannot be made.
        let near = scene.sandbox.layout.nearIndex("p")
        try FileManager.default.createDirectory(
            atPath: scene.sandbox.layout.datasets("p"), withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: near))
        try scene.validated("d-2", DatasetScene.questions(0..<10), pipeline: "q")
        try scene.service.pass()
        #expect(try scene.context.ledger.drop("d-2")?.state == .stored)
        #expect(scene.context.problems.all(prefix: "datasets:drop:d-1").count == 1)
        try FileManager.default.removeItem(atPath: near)
        try whole.write(to: URL(filePath: damaged))
        try scene.service.pass()
        #expect(try scene.context.ledger.drop("d-1")?.rowsAccepted == 10)
        #expect(scene.context.problems.count == 0, "what is mended is no problem any more")
    }

    /// The daemon is told to stop at any time; what was in hand is stored whole after the next start.
    @Test func aStopInMidStoringLeavesTheDropToBeStoredWhole() async throws {
        let scene = try DatasetScene()
        let ledger = scene.context.ledger
        var stops = 0
        for number in 0..<40 where stops == 0 {
            let rows = number * 2000..<(number + 1) * 2000
            let id = DropID("d-\(number)")
            try scene.validated(id, DatasetScene.questions(rows))
            let first = try RowIdentity.id(DatasetScene.questions(rows.lowerBound..<rows.lowerBound + 1)[0])
            let service = DatasetService(scene.context, rowsAtOnce: 16)
            let storing = Task { try service.pass() }
            while try ledger.known([first], in: "p").isEmpty, try ledger.drop(id)?.state == .validated {
                await Task.yield()
            }
            storing.cancel()
            let outcome = await storing.result
            if try ledger.drop(id)?.state == .validated {
                stops += 1
                #expect(throws: CancellationError.self) { try outcome.get() }
                #expect(try !ledger.known([first], in: "p").isEmpty, "some of it was written")
                #expect(scene.context.problems.count == 0, "to be stopped is no fault")
            }
            try scene.service.pass()
            let drop = try #require(try ledger.drop(id))
            #expect(drop.state == .stored && drop.rowsAccepted == 2000 && drop.rowsDuplicate == 0)
            #expect(try ledger.rowCounts("p").values.reduce(0, +) == 2000 * (number + 1))
            #expect(try ledger.report("p")?.drops == number + 1, "the dataset's report is up to date as well")
        }
        #expect(stops > 0, "none of the passes was stopped in the middle")
    }

    @Test func aReportThatAStopPreventedIsMadeAtTheNextStart() throws {
        let scene = try DatasetScene()
        try scene.store("d-1", DatasetScene.questions(0..<10))
        // As left behind by a daemon that stopped after a drop was stored and before the report was made.
        try scene.context.ledger.setMark("p", "report", "behind")
        var report = try #require(try scene.context.ledger.report("p"))
        report.drops = 0
        try scene.context.ledger.keep(report)
        try scene.service.pass()
        #expect(try scene.context.ledger.report("p")?.drops == 1)
        #expect(try scene.context.ledger.mark("p", "report") == "whole")
    }

    @Test func aDropThatWasHalfWrittenIsWrittenAnew() throws {
        let scene = try DatasetScene()
        let drop = try scene.validated("d-1", DatasetScene.questions(0..<10))
        var batch = DatasetBatch()
        batch.rows = [DatasetRow(id: "leftover", line: 1, split: .train)]
        try scene.context.ledger.add(batch, of: drop)
        try scene.service.pass()
        #expect(try scene.context.ledger.drop("d-1")?.rowsAccepted == 10)
        #expect(try scene.context.ledger.known(["leftover"], in: "p").isEmpty)
    }

    @Test func manyBatchesAreOneDrop() throws {
        let scene = try DatasetScene()
        let count = DropStoring.batchRows * 2 + 10
        let drop = try scene.store("d-1", DatasetScene.questions(0..<count) + DatasetScene.questions(0..<5))
        #expect(drop?.rowsAccepted == count && drop?.rowsDuplicate == 5)
        #expect(try scene.rows().values.reduce(0) { $0 + $1.count } == count)
    }
}
