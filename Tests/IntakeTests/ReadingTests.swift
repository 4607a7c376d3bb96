import Compression
import Foundation
import JSONText
import Nouns
import Platform
import RowFormats
import Settings
import TestSupport
import Testing

@testable import Intake

/// From a claimed drop to its rows and its report.
struct ReadingTests {
    let scene: IntakeScene
    init() throws { scene = try IntakeScene() }

    @Test func aDroppedFolderIsOneDrop() throws {
        let folder = scene.dropFolder + "/batch"
        try FileManager.default.createDirectory(atPath: folder + "/deep/er", withIntermediateDirectories: true)
        try IntakeScene.rows(0..<10).write(toFile: folder + "/b.jsonl", atomically: false, encoding: .utf8)
        try Data(Zstd.compress(Array(IntakeScene.rows(5..<20).utf8))).write(
            to: URL(filePath: folder + "/deep/er/a.jsonl.zst"))
        try "prompt,completion\nq,a\n".write(toFile: folder + "/deep/t.csv", atomically: false, encoding: .utf8)
        try "Read me".write(toFile: folder + "/README.md", atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: folder + "/link.jsonl", withDestinationPath: "/etc/passwd")
        try "{\"prompt\": 1}\n".write(toFile: folder + "/c.jsonl", atomically: false, encoding: .utf8)
        try scene.pass("batch")
        let drop = try #require(try scene.drops().first)
        #expect(drop.state == .validated)
        let report = try scene.report(drop)
        #expect(report.rowsRead == 27)
        #expect(report.rowsAccepted == 21)
        #expect(report.rowsDuplicate == 5)
        #expect(report.rowsRejected == 1)
        #expect(report.formats == ["jsonl": 2, "jsonl.zst": 1, "csv": 1])
        #expect(report.problemCounts?["file_ignored"] == 1)
        #expect(report.problemCounts?["not_a_file"] == 1)
        #expect(
            report.problems.contains {
                $0.file == "c.jsonl" && $0.line == 1 && $0.pointer == "/prompt" && $0.code == "data_type"
            })
        #expect(try scene.rows(drop).contains { $0.file == "deep/er/a.jsonl.zst" && $0.line == 15 })
        #expect(try scene.left().isEmpty)
        // The same folder again is the same drop, whatever it is called.
        try FileManager.default.copyItem(
            atPath: scene.context.layout.intake("p", drop: drop.id) + "/original",
            toPath: scene.dropFolder + "/again")
        try scene.pass("again")
        #expect(try scene.drops().filter { $0.state == .duplicate }.map(\.name) == ["again"])
    }

    @Test func theSameFileIsReadAnewOnceTheSettingsWereCorrected() throws {
        let text = IntakeScene.rows(0..<5) + #"{"question": "q", "answer": "a"}"# + "\n"
        try scene.put(text, "x.jsonl")
        try scene.pass("x.jsonl")
        #expect(try scene.drops().map(\.rowsAccepted) == [5])
        var folder = SettingsFolder()
        folder.daemon.quietSeconds = 0.05
        var corrected = scene.pipeline
        corrected.data.columns = ["prompt": "question", "completion": "answer"]
        folder.pipelines = [corrected]
        scene.context.settings.replace(folder)
        try scene.put(text, "x.jsonl")
        try scene.pass("x.jsonl")
        #expect(try scene.drops().map(\.state) == [.validated, .validated])
        #expect(Set(try scene.drops().map(\.rowsAccepted)) == [5, 6])
        try scene.put(text, "x.jsonl")
        try scene.pass("x.jsonl")
        #expect(try scene.drops().filter { $0.state == .duplicate }.count == 1, "these settings have read it")
    }

    @Test func aFolderThatIsExchangedForALinkIsNotFollowed() throws {
        let folder = scene.sandbox.root + "/batch"
        let elsewhere = scene.sandbox.root + "/elsewhere"
        for path in [folder + "/sub", elsewhere] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try IntakeScene.rows(0..<10).write(toFile: path + "/a.jsonl", atomically: false, encoding: .utf8)
        }
        let contents = try DropContents(RawPath(folder))
        #expect(try contents.digest().bytes > 0)
        try FileManager.default.removeItem(atPath: folder + "/sub")
        try FileManager.default.createSymbolicLink(atPath: folder + "/sub", withDestinationPath: elsewhere)
        #expect(throws: FileFailure.self) { try contents.digest() }
    }

    @Test func bytesThatChangeAfterTheRecordAreReadAgain() throws {
        try scene.put(IntakeScene.rows(0..<10), "a.jsonl")
        let intake = scene.context.layout.intake("p")
        // Recorded, then written to before it is read: by hand, so that the order is certain.
        try scene.service.claim(RawPath(scene.dropFolder + "/a.jsonl"), Array("a.jsonl".utf8), scene.pipeline)
        let id = try #require(try FileManager.default.contentsOfDirectory(atPath: intake).first)
        let file = try FileHandle(forWritingTo: URL(filePath: intake + "/\(id)/original"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(IntakeScene.rows(10..<15).utf8))
        try file.close()
        #expect(try scene.pass(), "it waits to be read again")
        #expect(try scene.drops().map(\.state) == [.received])
        #expect(try !scene.pass())
        let drop = try #require(try scene.drops().first)
        #expect(drop.rowsAccepted == 15)
        #expect(drop.sha256 == Digest.sha256(Data(IntakeScene.rows(0..<15).utf8)))
    }

    @Test func everyProblemIsKeptThoughTheReportIsShort() throws {
        let bad = 2500
        try scene.put(
            (0..<bad).map { "{\"prompt\": \($0), \"completion\": \"a\"}\n" }.joined() + IntakeScene.rows(0..<3000),
            "a.jsonl")
        try scene.pass("a.jsonl")
        let drop = try #require(try scene.drops().first)
        let report = try scene.report(drop)
        #expect(report.problems.count == ProblemLog.listed)
        #expect(report.problemCounts == ["data_type": bad])
        let name = try #require(report.allProblems)
        let packed = try Data(
            contentsOf: URL(filePath: scene.context.layout.intake("p", drop: drop.id) + "/" + name))
        var text: [UInt8] = []
        try packed.withUnsafeBytes { try ZstdReader().push($0) { text.append(contentsOf: $0) } }
        let all = try text.split(separator: 10).map { try ContractCoding.decode(RowProblem.self, from: Data($0)) }
        #expect(all.map(\.line) == Array(1...bad))
    }

    @Test func theShareOfBadRowsDecides() throws {
        let scene = try IntakeScene { $0.data.maximumBadShare = 0.25 }
        try scene.put(IntakeScene.rows(0..<15) + String(repeating: "no\n", count: 5), "fits.jsonl")
        try scene.put(IntakeScene.rows(20..<34) + String(repeating: "no\n", count: 6), "worse.jsonl")
        try scene.pass("fits.jsonl", "worse.jsonl")
        let states = Dictionary(uniqueKeysWithValues: try scene.drops().map { ($0.name, $0.state) })
        #expect(states == ["fits.jsonl": .validated, "worse.jsonl": .quarantined])
    }

    @Test(arguments: [1, 1000, 20_000, 100_000]) func rowsSeenTwiceAreFoundInAnyNumber(_ mostInMemory: Int) throws {
        let set = RowSet(folder: scene.sandbox.root, mostInMemory: mostInMemory)
        let ids = (0..<70_000).map { RowID(String(Digest.sha256(Data("\($0)".utf8)).prefix(32))) }
        for (index, id) in ids.enumerated() {
            #expect(try set.insert(id))
            if index % 7 == 0 { #expect(try !set.insert(ids[index / 2])) }
        }
        for id in ids { #expect(try !set.insert(id)) }
        #expect(set.count == 70_000)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.sandbox.root).allSatisfy {
                !$0.hasPrefix(".rows")
            })
    }

    @Test func aFullDiskIsSaidAndNothingIsLost() async throws {
        // A file system of its own, so small that the rows do not fit.
        let mounted = scene.sandbox.root + "/small"
        try FileManager.default.createDirectory(atPath: mounted, withIntermediateDirectories: true)
        let mount = try await ChildProgram.run("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mounted])
        guard mount.ending == .exited(0) else { return }  // Not allowed here: nothing can be shown.
        try FileManager.default.createDirectory(
            atPath: scene.context.layout.state + "/intake", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: scene.context.layout.intake("p"), withDestinationPath: mounted)
        var text = ""
        var generator = SystemRandomNumberGenerator()
        for index in 0..<3000 {
            text +=
                """
                {\"prompt\": \"q\(index) \(generator.next())\(generator.next())\", \"completion\": \
                \"\(generator.next())\"}\n
                """
        }
        try scene.put(text, "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(scene.problems.map(\.code) == ["disk.full"])
        #expect(try scene.left() == [Array("a.jsonl".utf8)], "the file stays where it was dropped")
        _ = try await ChildProgram.run("/bin/mount", ["-o", "remount,size=16m", mounted])
        usleep(100_000)
        try scene.pass("a.jsonl")
        #expect(scene.problems.isEmpty)
        #expect(try scene.drops().map(\.rowsAccepted) == [3000])
        _ = try await ChildProgram.run("/bin/umount", ["-l", mounted])
    }
}
