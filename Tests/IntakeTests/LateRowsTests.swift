import Foundation
import Nouns
import Platform
import RowFormats
import TestSupport
import Testing

@testable import Intake

/// Whoever goes on writing to a file that was taken loses no row, and the kept original stays what it was.
struct LateRowsTests {
    let scene: IntakeScene
    let path: String
    init() throws {
        scene = try IntakeScene()
        path = scene.dropFolder + "/log.jsonl"
    }

    /// A file with another name, as if somebody else had it open: the kernel cannot say that nobody writes to it.
    func dropOpen(_ text: String) throws -> Int32 {
        try scene.put(text, "log.jsonl")
        try #require(link(path, scene.sandbox.root + "/elsewhere") == 0)
        let writer = open(scene.sandbox.root + "/elsewhere", O_WRONLY | O_APPEND | O_CLOEXEC)
        try #require(writer >= 0)
        return writer
    }

    func write(_ text: String, to descriptor: Int32) throws {
        try Array(text.utf8).withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: "late") }
    }

    /// Takes the file while its writer pauses.
    func takeWhileOpen() throws {
        try scene.service.claim(RawPath(path), Array("log.jsonl".utf8), scene.pipeline)
        try scene.pass()
    }

    func originals() throws -> [(drop: Drop, digest: String)] {
        try scene.drops().map { drop in
            let folder = scene.context.layout.intake("p", drop: drop.id)
            return (drop, try DropContents(RawPath(folder + "/original")).digest().sha256)
        }
    }

    @Test func rowsThatComeLateBecomeAFurtherDrop() throws {
        let writer = try dropOpen(IntakeScene.rows(0..<10))
        try takeWhileOpen()
        #expect(try scene.drops().map(\.rowsAccepted) == [10])
        try write(IntakeScene.rows(10..<14), to: writer)
        #expect(try scene.pass(), "what was just written has to become quiet")
        #expect(scene.context.waiting["p"].map(\.name) == ["log.jsonl"])
        close(writer)
        usleep(100_000)
        try scene.pass()
        let drops = try scene.drops()
        #expect(drops.map(\.state) == [.validated, .validated])
        #expect(Set(drops.map(\.rowsAccepted)) == [10, 14], "the dataset takes each row once")
        #expect(scene.context.waiting["p"].isEmpty && scene.problems.isEmpty)
        #expect(try originals().allSatisfy { $0.drop.sha256 == $0.digest }, "each original is what was recorded")
    }

    @Test func aRestartForgetsNoWriter() throws {
        let writer = try dropOpen(IntakeScene.rows(0..<10))
        try takeWhileOpen()
        try write(IntakeScene.rows(10..<14), to: writer)
        close(writer)
        usleep(100_000)
        let service = scene.restarted()
        _ = try service.pass(CompleteFiles())
        #expect(Set(try scene.drops().map(\.rowsAccepted)) == [10, 14])
        _ = try service.pass(CompleteFiles())
        #expect(try scene.drops().count == 2, "and nothing twice")
    }

    @Test func aTouchedFileIsNoFurtherDrop() throws {
        close(try dropOpen(IntakeScene.rows(0..<10)))
        try takeWhileOpen()
        try #require(utimes(scene.sandbox.root + "/elsewhere", nil) == 0)
        usleep(100_000)
        #expect(try !scene.pass())
        #expect(try scene.drops().count == 1)
    }

    @Test func aFileThatNobodyElseHasIsKeptAsItIs() throws {
        try scene.put(IntakeScene.rows(0..<10), "log.jsonl")
        try scene.pass("log.jsonl")
        let folder = scene.context.layout.intake("p", drop: try #require(try scene.drops().first).id)
        #expect(!FileManager.default.fileExists(atPath: folder + "/source"))
        #expect(try originals().allSatisfy { $0.drop.sha256 == $0.digest })
    }

    /// Killed at each point of making a claim its own, a drop is taken once and whole.
    @Test(arguments: ["moved", "half copied", "copied"]) func aKillWhileTheCopyIsMadeLosesNothing(_ point: String)
        throws
    {
        let claim = scene.context.layout.intake("p") + "/.claim-d-20260101-000000-00000001"
        try AtomicFile.makeFolder(claim)
        try AtomicFile.write(Data("mine.jsonl".utf8), to: claim + "/name")
        try AtomicFile.write(Data(IntakeScene.rows(0..<10).utf8), to: claim + "/source")
        if point == "half copied" { try AtomicFile.write(Data("{".utf8), to: claim + "/original.copy") }
        if point == "copied" { try AtomicFile.copy(claim + "/source", to: claim + "/original") }
        try scene.pass()
        #expect(try scene.drops().map(\.rowsAccepted) == [10])
        #expect(try originals().allSatisfy { $0.drop.sha256 == $0.digest })
    }

    @Test func aClaimThatCannotBeLookedAtStays() throws {
        // A link to itself stands for any error but that nothing is there.
        let claim = scene.context.layout.intake("p") + "/.claim-d-20260101-000000-00000001"
        try FileManager.default.createDirectory(
            atPath: scene.context.layout.intake("p"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: claim, withDestinationPath: claim)
        try scene.pass()
        #expect(scene.problems.count == 1)
        #expect((try? RawPath(claim).status()) != nil, "what cannot be looked at is not removed")
    }

    @Test func whatWaitsIsNamedWithItsReason() throws {
        try scene.put("half", "big.jsonl.part")
        try scene.put(IntakeScene.rows(0..<10), "a.jsonl")
        let writer = open(scene.dropFolder + "/a.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC)
        try scene.pass("a.jsonl")
        let first = scene.context.waiting["p"]
        #expect(first.map(\.name) == ["a.jsonl", "big.jsonl.part"])
        #expect(first.first?.reason == "a program has it open for writing")
        try scene.pass()
        #expect(scene.context.waiting["p"].map(\.since) == first.map(\.since), "since it was first seen")
        close(writer)
        #expect(try !scene.pass("a.jsonl"), "a partial download is nobody's work")
        #expect(scene.context.waiting["p"].map(\.name) == ["big.jsonl.part"])
    }
}
