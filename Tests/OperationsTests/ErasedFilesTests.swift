import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Platform
import Testing

@testable import Operations

/// What is erased is erased of whoever asks; files that others keep, with the same bytes, are for an administrator to
/// erase.
struct ErasedFilesTests {
    private static let ada = Principal(owner: "uid:70001", name: "ada", role: .user)
    private static let sum = String(repeating: "a", count: 64)

    private let scene: OperationsScene

    init() throws {
        scene = try OperationsScene()
        let ledger = scene.context.ledger
        for (id, owner) in [("file-a", Self.ada.owner), ("file-b", "uid:70002")] {
            try ledger.add(
                KeptFile(
                    id: id, owner: owner, sha256: Self.sum, bytes: 5, name: "a.jsonl", purpose: "fine-tune",
                    createdAt: Date()))
        }
        try AtomicFile.makeFolder(scene.sandbox.layout.keptFiles)
        try AtomicFile.write(Data("bytes".utf8), to: scene.sandbox.layout.keptFile(Self.sum))
        let drop = try ledger.receive(
            Drop(
                id: "d-1", pipeline: "support", name: "a.jsonl", sha256: Self.sum, bytes: 5, state: .received,
                receivedAt: Date()))
        try ledger.store(drop, DatasetBatch(), shards: [:])
    }

    private func erase(_ who: Principal) throws -> RevokeAnswer {
        try scene.operations.drops.revoke("d-1", RevokeRequest(reason: "asked for", erase: true), who: who)
    }

    @Test func ownFilesGoAndThoseOfOthersStay() throws {
        #expect(try erase(Self.ada).erasedBytes == 5)
        #expect(try scene.context.ledger.keptFile("file-a") == nil && scene.context.ledger.keptFile("file-b") != nil)
        #expect(FileManager.default.fileExists(atPath: scene.sandbox.layout.keptFile(Self.sum)))
        // Asked again by an administrator it goes on.
        #expect(try erase("root").erasedBytes == 5)
        #expect(try scene.context.ledger.keptFile("file-b") == nil)
        #expect(!FileManager.default.fileExists(atPath: scene.sandbox.layout.keptFile(Self.sum)))
    }

    /// A job that waits with rows of the drop to choose by cannot be chosen for any more, and says so without them.
    @Test func aJobThatWaitsLosesWhatItsFilesQuoted() throws {
        let ledger = scene.context.ledger
        var job = Job(
            id: "ftjob-1", owner: Self.ada.owner, pipeline: "support", createdAt: Date(), model: "tiny", base: "tiny",
            training: Job.File(id: "file-a", name: "a.jsonl", sha256: Self.sum, bytes: 5), drop: "d-1")
        job.fail(
            Failure(code: "job.training_file", "line 3: 'xyzzyplugh' is no role.", at: "training_file"), at: Date())
        try ledger.add(job)
        try AtomicFile.makeFolder(scene.sandbox.layout.job(job.id))
        _ = try erase("root")
        let left = try #require(try ledger.job(job.id))
        #expect(left.state == .failed && !"\(left)".contains("xyzzyplugh") && left.cause?.code == "job.training_file")
        #expect(!FileManager.default.fileExists(atPath: scene.sandbox.layout.job(job.id)))
    }
}
