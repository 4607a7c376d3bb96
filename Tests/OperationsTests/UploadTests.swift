import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Registry
import Testing

struct UploadTests {
    @Test func aFileIsWrittenPieceByPiece() async throws {
        let scene = try OperationsScene()
        let upload = try scene.operations.bases.openUpload(UploadQuery(), who: "ann")
        let body = FileBody { piece in for text in ["one ", "two"] { try piece(Data(text.utf8)) } }
        let answer = try await scene.operations.bases.put(UploadPlace(upload.id, file: "a.gguf"), body, who: "ann")
        #expect(answer == UploadedAnswer(bytes: 7))
        let path = scene.sandbox.layout.uploads + "/\(upload.id)/a.gguf"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one two")
    }

    @Test(arguments: ["..", "a/b", ".hidden", ""])
    func aNameThatWouldLeaveTheFolderIsRefused(name: String) async throws {
        let scene = try OperationsScene()
        let upload = try scene.operations.bases.openUpload(UploadQuery(), who: "ann")
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.bases.put(UploadPlace(upload.id, file: name), FileBody(), who: "ann")
        }
        #expect(failure?.code == "upload.name")
    }

    @Test func anUploadThatIsNotOpenIsUnknown() async throws {
        let scene = try OperationsScene()
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.bases.put(UploadPlace("u-12", file: "a.gguf"), FileBody(), who: "ann")
        }
        #expect(failure?.code == "upload.unknown")
    }

    @Test func anUploadIsThatOfWhoOpenedIt() async throws {
        let scene = try OperationsScene()
        let bases = scene.operations.bases
        let upload = try bases.openUpload(UploadQuery(), who: "ann")
        let failure = await #expect(throws: Failure.self) {
            try await bases.put(UploadPlace(upload.id, file: "a"), FileBody(), who: "bob")
        }
        #expect(failure?.code == "upload.unknown")
        #expect(failure.map { "\($0)".contains("ann") } == false, "whose it is, is nobody's business")
        _ = try await bases.put(UploadPlace(upload.id, file: "a"), FileBody(), who: "root")
        for _ in 1..<16 { _ = try bases.openUpload(UploadQuery(), who: "ann") }
        let more = #expect(throws: Failure.self) { try bases.openUpload(UploadQuery(), who: "ann") }
        #expect(more?.code == "upload.too_many")
        _ = try bases.openUpload(UploadQuery(), who: "bob")
    }

    @Test func whatIsTooLargeForAnUploadIsRefusedAsItComes() async throws {
        let scene = try OperationsScene()
        let id = "u-1"
        try scene.context.ledger.open(
            Upload(id: id, owner: "test:ann", isBase: false, bound: 10, expiresAt: Date().addingTimeInterval(60)))
        try FileManager.default.createDirectory(
            atPath: scene.sandbox.layout.upload(id), withIntermediateDirectories: true)
        let body = FileBody { piece in for _ in 0..<2 { try piece(Data("1234".utf8)) } }
        _ = try await scene.operations.bases.put(UploadPlace(id, file: "a"), body, who: "ann")
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.bases.put(UploadPlace(id, file: "b"), body, who: "ann")
        }
        #expect(failure?.code == "upload.too_large", "two files together are bounded")
    }

    @Test func whatNobodyFinishesGoes() throws {
        let scene = try OperationsScene()
        let uploads = scene.sandbox.layout.uploads
        for (id, seconds) in [("u-1", -1.0), ("u-2", 60), ("u-3", 1e9)] {
            try scene.context.ledger.open(
                Upload(
                    id: id, owner: "test:ann", isBase: false, bound: 1, expiresAt: Date().addingTimeInterval(seconds)))
            try FileManager.default.createDirectory(atPath: uploads + "/" + id, withIntermediateDirectories: true)
        }
        try Uploads(scene.context).removeExpired()
        #expect(try scene.context.ledger.uploads().map(\.id) == ["u-2"], "and one that a wrong clock dated")
        #expect(try FileManager.default.contentsOfDirectory(atPath: uploads) == ["u-2"])
    }

    @Test func aBaseThatIsNotThereIsUnknownAndThoseThatAreAreNamed() throws {
        let scene = try OperationsScene()
        #expect(try scene.operations.bases.list().map(\.id) == ["tiny"])
        let failure = #expect(throws: Failure.self) { try scene.operations.bases.show("huge") }
        #expect(failure?.code == "base.unknown")
        #expect(failure?.remedy?.contains("tiny") == true)
    }

    @Test func anExperimentThatIsNotThereIsUnknown() throws {
        let scene = try OperationsScene()
        #expect(try scene.operations.experiments.list(ExperimentQuery()).isEmpty)
        let failure = #expect(throws: Failure.self) { try scene.operations.experiments.show("e-000009") }
        #expect(failure?.code == "experiment.unknown")
    }

    @Test func onePersonsUploadsAreBoundedTogether() async throws {
        let scene = try OperationsScene()
        let bases = scene.operations.bases
        var settings = scene.context.settings.now
        settings.daemon.uploadBytesPerUser = 10
        scene.context.settings.replace(settings)
        let (first, second) = (
            try bases.openUpload(UploadQuery(), who: "ann"), try bases.openUpload(UploadQuery(), who: "ann")
        )
        let body = FileBody { piece in try piece(Data("123456".utf8)) }
        _ = try await bases.put(UploadPlace(first.id, file: "a"), body, who: "ann")
        let failure = await #expect(throws: Failure.self) {
            try await bases.put(UploadPlace(second.id, file: "b"), body, who: "ann")
        }
        #expect(failure?.code == "upload.too_large")
        let others = try bases.openUpload(UploadQuery(), who: "bob")
        _ = try await bases.put(UploadPlace(others.id, file: "b"), body, who: "bob")
    }

    @Test func noUploadTakesTheDisksLastRoom() async throws {
        let scene = try OperationsScene()
        let bases = scene.operations.bases
        let upload = try bases.openUpload(UploadQuery(), who: "ann")
        var settings = scene.context.settings.now
        settings.daemon.minimumFreeBytes = .max / 2
        scene.context.settings.replace(settings)
        let failure = await #expect(throws: Failure.self) {
            try await bases.put(UploadPlace(upload.id, file: "a"), FileBody { try $0(Data("1".utf8)) }, who: "ann")
        }
        #expect(failure?.code == "disk.low")
        #expect(throws: Failure.self) { try bases.openUpload(UploadQuery(), who: "ann") }
    }

    /// What is kept is what was looked at: nobody writes from the first look on, and nothing is looked at meanwhile.
    @Test func anUploadIsClosedWhileItIsLookedAt() async throws {
        let scene = try OperationsScene()
        let bases = scene.operations.bases
        let upload = try bases.openUpload(UploadQuery(), who: "ann")
        let folder = scene.sandbox.layout.upload(upload.id)
        let body = FileBody { piece in
            try piece(Data("1".utf8))
            let failure = #expect(throws: Failure.self) { try UploadGate(folder, for: .inspecting) }
            #expect(failure?.code == "upload.busy")
            _ = try UploadGate(folder, for: .writing)
        }
        _ = try await bases.put(UploadPlace(upload.id, file: "a"), body, who: "ann")
        let gate = try UploadGate(folder, for: .inspecting)
        let failure = await #expect(throws: Failure.self) {
            try await bases.put(UploadPlace(upload.id, file: "b"), body, who: "ann")
        }
        #expect(failure?.code == "upload.closed")
        withExtendedLifetime(gate) {}
    }
}
