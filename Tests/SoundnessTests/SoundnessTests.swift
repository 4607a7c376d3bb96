import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Soundness
import StageKit
import Testing

/// What models and runs rest on is seen to be there and to be what it was.
struct SoundnessTests {
    let scene: OperationsScene
    let service: SoundnessService
    let path: String

    init() throws {
        scene = try OperationsScene()
        service = SoundnessService(scene.context)
        let folder = scene.sandbox.layout.base("real")
        path = folder + "/w.gguf"
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data("weights".utf8), to: path)
        // The scene's own base has no file behind it.
        try scene.context.ledger.removeBase("tiny")
        var card = OperationsScene.card("real")
        card.files = [FileReference(path: "w.gguf", sha256: Digest.sha256(Data("weights".utf8)), bytes: 7)]
        try scene.context.ledger.add(card)
    }

    private var problems: [String] { scene.context.problems.all(prefix: "soundness:").map(\.code) }

    @Test func whatIsSoundIsReadOnceAndThenLookedAt() async throws {
        #expect(try await service.check(reading: false) == SoundnessAnswer(files: 1, bytesRead: 7, faults: []))
        #expect(try await service.check(reading: false) == SoundnessAnswer(files: 1, bytesRead: 0, faults: []))
        #expect(try await service.check(reading: true) == SoundnessAnswer(files: 1, bytesRead: 7, faults: []))
        #expect(problems.isEmpty)
    }

    @Test func aFileThatIsGoneIsAProblemUntilItIsBack() async throws {
        _ = try await service.check(reading: false)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect(try await service.check(reading: false).faults.map(\.code) == ["file.gone"])
        #expect(problems == ["file.gone"])
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        #expect(try await service.check(reading: false).faults.isEmpty && problems.isEmpty)
    }

    @Test func anotherSizeOrOtherBytesAreNoticedWithoutBeingAsked() async throws {
        _ = try await service.check(reading: false)
        try AtomicFile.write(Data("weight".utf8), to: path)
        #expect(try await service.check(reading: false).faults.map(\.code) == ["file.changed"])
        // As many bytes, another inode and time: it is read.
        try AtomicFile.write(Data("Weights".utf8), to: path)
        let found = try await service.check(reading: false)
        #expect(found.faults.map(\.code) == ["file.changed"] && found.faults.first?.place == path)
        try AtomicFile.write(Data("weights".utf8), to: path)
        #expect(try await service.check(reading: false).faults.isEmpty && problems.isEmpty)
    }

    @Test func bytesThatRotInPlaceAreFoundByReading() async throws {
        _ = try await service.check(reading: false)
        var times = [timespec](repeating: timespec(), count: 2)
        var status = stat()
        try #require(stat(path, &status) == 0)
        times = [status.st_atim, status.st_mtim]
        let descriptor = open(path, O_WRONLY)
        try #require(pwrite(descriptor, "W", 1, 0) == 1 && futimens(descriptor, times) == 0)
        close(descriptor)
        #expect(try await service.check(reading: false).faults.isEmpty, "nothing shows it")
        #expect(try await service.check(reading: true).faults.map(\.code) == ["file.changed"])
        #expect(problems == ["file.changed"])
    }

    /// Not only what is served: whatever has a digest is read.
    @Test func artefactsThatAreNotServedAreReadAsWell() async throws {
        let context = scene.context
        let (folder, weights) = (context.layout.version("support", "v-1") + "/adapter-0", Data("adapter".utf8))
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(weights, to: folder + "/adapter_model.safetensors")
        try AtomicFile.write(Data("{}".utf8), to: context.layout.versionRecord("support", "v-1"))
        var card = OperationsScene.card("tiny")
        card.files = []
        try context.ledger.add(card)
        let run = try scene.queue()
        try context.ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "support", run: run.id, base: "real", baseDigest: "",
                adapters: [AdapterReference(path: folder, sha256: Digest.sha256(weights))], snapshot: run.snapshot,
                recipe: Recipe(), createdAt: Date(), code: "", machine: ""))
        let row = context.layout.shards("support") + "/\(Digest.sha256(Data("row".utf8))).jsonl.zst"
        try AtomicFile.makeFolder(context.layout.shards("support"))
        try AtomicFile.write(Data("row".utf8), to: row)
        #expect(try await service.check(reading: true) == SoundnessAnswer(files: 3, bytesRead: 17, faults: []))
        try AtomicFile.write(Data("Adapter".utf8), to: folder + "/adapter_model.safetensors")
        try AtomicFile.write(Data("Row".utf8), to: row)
        #expect(try await service.check(reading: true).faults.map(\.code) == ["file.changed", "file.changed"])
        // What retention lets go is no fault.
        try FileManager.default.removeItem(atPath: context.layout.version("support", "v-1"))
        try FileManager.default.removeItem(atPath: row)
        #expect(try await service.check(reading: true).faults.isEmpty && problems.isEmpty)
    }
}
