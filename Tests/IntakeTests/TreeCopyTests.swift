import Foundation
import Platform
import TestSupport
import Testing

@testable import Intake

/// What comes from another file system is whole where it arrives, or not there.
struct TreeCopyTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A folder of files, one of them in a folder of its own.
    func tree() throws -> String {
        let folder = sandbox.root + "/from"
        try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        try Data("a".utf8).write(to: URL(filePath: folder + "/a.jsonl"))
        try Data("b".utf8).write(to: URL(filePath: folder + "/inner/b.jsonl"))
        return folder
    }

    @Test func aTreeIsMovedWhole() throws {
        let (from, to) = (try tree(), sandbox.root + "/to")
        try TreeCopy.move(RawPath(from), to: to)
        #expect(
            try FileManager.default.subpathsOfDirectory(atPath: to).sorted() == ["a.jsonl", "inner", "inner/b.jsonl"])
        #expect(!FileManager.default.fileExists(atPath: from) && !FileManager.default.fileExists(atPath: to + ".copy"))
    }

    @Test func aStoppedCopyLeavesTheOriginalAndNothingInItsPlace() async throws {
        let (from, to) = (try tree(), sandbox.root + "/to")
        let moving = Task {
            while !Task.isCancelled { await Task.yield() }
            try TreeCopy.move(RawPath(from), to: to)
        }
        moving.cancel()
        await #expect(throws: CancellationError.self) { try await moving.value }
        #expect(FileManager.default.fileExists(atPath: from + "/inner/b.jsonl"))
        #expect(!FileManager.default.fileExists(atPath: to))
    }

    /// A daemon that was killed while it copied begins the claim anew.
    @Test func aHalfCopiedClaimIsNoDrop() throws {
        let scene = try IntakeScene()
        let claim = scene.sandbox.layout.intake("p", drop: ".claim-d-1")
        try AtomicFile.makeFolder(claim + "/original.copy")
        try Data("{\"prompt\": \"q\"".utf8).write(to: URL(filePath: claim + "/original.copy/a.jsonl"))
        try scene.pass()
        #expect(try scene.drops().isEmpty && !FileManager.default.fileExists(atPath: claim))
    }
}
