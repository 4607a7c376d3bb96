import Foundation
import Nouns
import Platform
import TestSupport
import Testing

@testable import Intake

/// What lies in a drop folder may be anything, and may change while it is looked at.
struct ClaimTests {
    let scene: IntakeScene
    init() throws { scene = try IntakeScene() }

    @Test func aGoodFileIsTakenAndRead() throws {
        try scene.put(IntakeScene.rows(0..<20), "a.jsonl")
        #expect(try !scene.pass("a.jsonl"))
        let drop = try #require(try scene.drops().first)
        #expect(drop.state == .validated)
        #expect(drop.rowsAccepted == 20)
        #expect(try scene.rows(drop).count == 20)
        #expect(try scene.left().isEmpty)
        #expect(scene.problems.isEmpty)
    }

    @Test func aFileThatIsStillWrittenWaits() throws {
        try scene.put(IntakeScene.rows(0..<20), "a.jsonl")
        let writer = open(scene.dropFolder + "/a.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC)
        try #require(writer >= 0)
        #expect(try scene.pass("a.jsonl"), "a pass says that something is waiting")
        #expect(try scene.drops().isEmpty)
        close(writer)
        #expect(try !scene.pass("a.jsonl"))
        #expect(try scene.drops().count == 1)
    }

    @Test func linksPipesAndDevicesAreRefusedAndOthersGoOn() throws {
        let secret = scene.sandbox.root + "/secret"
        try "not for you".write(toFile: secret, atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: scene.dropFolder + "/link.jsonl", withDestinationPath: secret)
        try #require(mkfifo(scene.dropFolder + "/pipe.jsonl", 0o600) == 0)
        let isRoot = geteuid() == 0 && mknod(scene.dropFolder + "/zero.jsonl", S_IFCHR | 0o600, 1 << 8 | 5) == 0
        try scene.put(IntakeScene.rows(0..<12), "good.jsonl")
        try scene.pass("link.jsonl", "pipe.jsonl", "zero.jsonl", "good.jsonl")
        #expect(try scene.drops().map(\.name) == ["good.jsonl"])
        #expect(scene.problems.count == (isRoot ? 3 : 2))
        #expect(scene.problems.allSatisfy { $0.code == "intake.not_a_file" })
        #expect(
            scene.problems.contains { $0.message.contains("symbolic link") }
                && scene.problems.contains { $0.message.contains("named pipe") })
        #expect(try scene.left().count == (isRoot ? 3 : 2), "what is refused stays where it is")
        for name in ["link.jsonl", "pipe.jsonl", "zero.jsonl"] { unlink(scene.dropFolder + "/" + name) }
        try scene.pass()
        #expect(scene.problems.isEmpty, "and the problem goes with it")
    }

    /// Between the look and the move someone may put a pipe or a link in the file's place; it is what was moved then.
    @Test(arguments: ["pipe", "link"]) func whatWasExchangedBeforeTheMoveGoesBack(_ kind: String) throws {
        let name = Array("swapped.jsonl".utf8)
        let path = scene.dropFolder + "/swapped.jsonl"
        if kind == "pipe" {
            try #require(mkfifo(path, 0o600) == 0)
        } else {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
        }
        // The claim itself, as if the look before it had found a file.
        #expect(throws: Failure.self) { try scene.service.claim(RawPath(path), name, scene.pipeline) }
        #expect(try scene.left() == [name])
        #expect(try scene.drops().isEmpty)
        try scene.pass()
        #expect(scene.problems.map(\.code) == ["intake.not_a_file"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.context.layout.intake("p")).isEmpty)
    }

    @Test func aClaimThatAKillInterruptedIsCarriedThrough() throws {
        let intake = scene.context.layout.intake("p")
        try AtomicFile.makeFolder(intake + "/.claim-d-20260101-000000-00000001")
        try IntakeScene.rows(0..<10).write(
            toFile: intake + "/.claim-d-20260101-000000-00000001/original", atomically: false, encoding: .utf8)
        try "mine.jsonl".write(
            toFile: intake + "/.claim-d-20260101-000000-00000001/name", atomically: false, encoding: .utf8)
        try AtomicFile.makeFolder(intake + "/.claim-d-20260101-000000-00000002")
        try scene.pass()
        let drops = try scene.drops()
        #expect(drops.map(\.name) == ["mine.jsonl"])
        #expect(drops.first?.rowsAccepted == 10)
        #expect(try FileManager.default.contentsOfDirectory(atPath: intake) == ["d-20260101-000000-00000001"])
    }

    @Test func oneClaimThatCannotBeRecordedDoesNotHoldUpTheOthers() throws {
        // Its bytes are gone: nothing can be recorded of it.
        try AtomicFile.makeFolder(scene.context.layout.state + "/intake/p/d-20260101-000000-00000001")
        try scene.put(IntakeScene.rows(0..<10), "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(try scene.drops().map(\.name) == ["a.jsonl"])
        #expect(scene.problems.count == 1)
    }

    @Test func namesMayHoldAnything() throws {
        let names: [[UInt8]] = [
            Array("two\nlines.jsonl".utf8), [0xFF, 0xFE, 0x2E] + Array("jsonl".utf8),
            Array(" spaces\tand \"quotes\".jsonl".utf8), Array("..jsonl.jsonl".utf8.dropFirst(1)),
        ]
        for (index, name) in names.enumerated() {
            let path = RawPath(scene.dropFolder).appending(name)
            let file = path.withCString { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640) }
            try #require(file >= 0)
            try Array(IntakeScene.rows(index * 100..<index * 100 + 10).utf8).withUnsafeBytes {
                try AtomicFile.writeAll($0, to: file, path: "test")
            }
            close(file)
        }
        usleep(100_000)
        try scene.pass()
        let drops = try scene.drops()
        // The last one is hidden.
        #expect(drops.count == 3)
        #expect(drops.allSatisfy { $0.rowsAccepted == 10 })
        #expect(drops.contains { $0.name == "two\nlines.jsonl" })
        let kept = try drops.map {
            try Data(contentsOf: URL(filePath: scene.context.layout.intake("p", drop: $0.id) + "/name"))
        }
        #expect(Set(kept) == Set(names.prefix(3).map { Data($0) }), "the bytes of the name are kept")
        #expect(scene.problems.isEmpty)
    }

    @Test func quarantinedBytesMayComeAgain() throws {
        try scene.put("not json\n", "a.jsonl")
        try scene.pass("a.jsonl")
        try scene.put("not json\n", "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(try scene.drops().map(\.state) == [.quarantined, .quarantined])
        try scene.put(IntakeScene.rows(0..<10), "b.jsonl")
        try scene.pass("b.jsonl")
        try scene.put(IntakeScene.rows(0..<10), "c.jsonl")
        try scene.pass("c.jsonl")
        #expect(try scene.drops().filter { $0.state == .duplicate }.count == 1)
        let kept = try FileManager.default.contentsOfDirectory(atPath: scene.context.layout.quarantine("p"))
        #expect(kept.count == 2)
        for folder in kept {
            let original = scene.context.layout.quarantine("p") + "/" + folder + "/original"
            #expect(try String(contentsOfFile: original, encoding: .utf8) == "not json\n")
        }
    }

    @Test func aFolderThatCannotBeReadIsSaid() throws {
        try #require(rmdir(scene.dropFolder) == 0)
        try "a file".write(toFile: scene.dropFolder, atomically: false, encoding: .utf8)
        try scene.pass()
        let problem = try #require(scene.problems.first)
        #expect(problem.place == scene.dropFolder)
        #expect(problem.remedy?.isEmpty == false)
    }
}
