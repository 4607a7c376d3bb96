import Foundation
import Nouns
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Intake

/// A drop folder that is away stops its own pipeline, is not taken for an empty one, and is read again once it is back.
struct FolderTests {
    private static let rows = "{\"prompt\": \"q\", \"completion\": \"a\"}\n"

    /// A pipeline whose drop folder is the person's own.
    private func scene() throws -> (IntakeScene, String) {
        let root = NSTemporaryDirectory() + "own-\(UInt32.random(in: 0...UInt32.max))"
        return (try IntakeScene { $0.dropFolder = root + "/drop" }, root)
    }

    @Test func aDeletedFolderIsMissedUntilItIsBack() throws {
        let (scene, root) = try scene()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try scene.pass()
        #expect(scene.problems.isEmpty)
        try FileManager.default.removeItem(atPath: root + "/drop")
        try scene.pass()
        #expect(scene.problems.map(\.code) == ["drop.missing"])
        #expect(!FileManager.default.fileExists(atPath: root + "/drop"), "it is not replaced by an empty one")
        try FileManager.default.createDirectory(atPath: root + "/drop", withIntermediateDirectories: true)
        try scene.put(Self.rows, "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(try scene.problems.isEmpty && scene.drops().map(\.state) == [.validated])
    }

    @Test func aFolderThatTheDaemonMadeIsMadeAgain() throws {
        let scene = try IntakeScene()
        try scene.pass()
        try FileManager.default.removeItem(atPath: scene.dropFolder)
        try scene.pass()
        #expect(scene.problems.isEmpty && FileManager.default.fileExists(atPath: scene.dropFolder))
    }

    @Test func whatLiesBelowAMissingMountIsNotRead() throws {
        let (scene, root) = try scene()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try scene.pass()
        // As if it had been a mount when it was read.
        var mark = try FolderMark(of: scene.dropFolder, OpenFolder(scene.dropFolder))
        mark.isMount = true
        try mark.write(to: scene.context.layout.intake("p") + "/.folder")
        try scene.put(Self.rows, "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(scene.problems.map(\.code) == ["drop.unmounted"])
        #expect(try scene.drops().isEmpty)
        mark.isMount = false
        try mark.write(to: scene.context.layout.intake("p") + "/.folder")
        try scene.pass("a.jsonl")
        #expect(try scene.problems.isEmpty && scene.drops().count == 1)
    }

    @Test func anotherFolderIsAnotherBeginning() throws {
        let (scene, root) = try scene()
        defer { try? FileManager.default.removeItem(atPath: root) }
        let known = FolderMark.stored("/srv/former", isMount: true)
        try FolderMark.check(scene.dropFolder, known: known)
        try FolderMark.check(scene.dropFolder, known: nil)
    }

    @Test func aFolderThatHangsIsAskedOnceAndAgainWhenItHasAnswered() throws {
        let goOn = DispatchSemaphore(value: 0)
        let asked = Counter()
        let probe = FolderProbe { _ in
            asked.add()
            goOn.wait()
        }
        for _ in 0..<3 {
            let failure = #expect(throws: Failure.self) { try probe.check("/srv/dead", patience: 0.01) }
            #expect(failure?.code == "drop.hangs")
        }
        #expect(asked.count == 1, "one thread waits for it")
        goOn.signal()
        goOn.signal()
        while (try? probe.check("/srv/dead", patience: 10)) == nil { usleep(1000) }
        #expect(asked.count == 2)
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }
}

extension FolderMark {
    /// A mark as it was stored.
    fileprivate static func stored(_ folder: String, isMount: Bool) -> FolderMark? {
        var mark = try? FolderMark(of: "/", OpenFolder("/"))
        mark?.folder = folder
        mark?.isMount = isMount
        return mark
    }
}
