import ControlProtocol
import Foundation
import Nouns
import Operations
import OperationsScene
import Platform
import Registry
import Testing

/// Uploads in parts, which go on after either side was away.
struct ResumedUploadTests {
    let scene: OperationsScene
    var bases: BaseOperations { scene.operations.bases }

    init() throws { scene = try OperationsScene() }

    func open(_ key: String = "k", note: String = "commit", onlyOpen: Bool = false, who: Principal = "ann") throws
        -> ResumedUpload
    {
        try bases.resumeUpload(ResumeUpload(key: key, note: note, onlyOpen: onlyOpen), who: who)
    }

    @discardableResult
    func put(_ upload: ResumedUpload, _ text: String, at offset: Int, file: String = "a.gguf") async throws -> Int {
        try await bases.put(
            UploadPlace(upload.id, file: file), FileBody { try $0(Data(text.utf8)) }, PartQuery(offset: offset),
            who: "ann"
        ).bytes
    }

    func path(_ upload: ResumedUpload, _ file: String = "a.gguf") -> String {
        scene.sandbox.layout.upload(upload.id) + "/" + file
    }

    @Test func theSameKeyIsTheSameUploadWithWhatItHas() async throws {
        #expect(try open(onlyOpen: true).id.isEmpty, "none is open yet, and none is opened")
        let upload = try open(note: "first")
        #expect(try await put(upload, "one ", at: 0) == 4)
        #expect(try await put(upload, "two", at: 4) == 7)
        try await put(upload, "text", at: 0, file: "config.json")
        let again = try open(note: "second", onlyOpen: true)
        #expect(again.id == upload.id && again.note == "first", "what it began with holds")
        #expect(again.files == ["a.gguf": 7, "config.json": 4])
        #expect(try open("other").id != upload.id)
        #expect(try open(who: "ben").id != upload.id, "nobody goes on with an upload of somebody else")
        #expect(try String(contentsOfFile: path(upload), encoding: .utf8) == "one two")
    }

    @Test func aPartThatDoesNotFollowIsRefusedWithTheRightOffset() async throws {
        let upload = try open()
        try await put(upload, "one ", at: 0)
        for offset in [1, 3, 5, 1 << 40] {
            let failure = await #expect(throws: Failure.self) { try await put(upload, "x", at: offset) }
            #expect(failure?.code == "upload.offset" && failure?.place == "4")
        }
        #expect(try bases.size(UploadPlace(upload.id, file: "a.gguf"), who: "ann").bytes == 4)
        #expect(try await put(upload, "two", at: 4) == 7)
        #expect(try await put(upload, "anew", at: 0) == 4, "at 0 the file begins anew")
        #expect(try String(contentsOfFile: path(upload), encoding: .utf8) == "anew")
    }

    @Test func aPartThatBreaksOffDoesNotCount() async throws {
        struct Gone: Error {}
        let upload = try open()
        try await put(upload, "one ", at: 0)
        await #expect(throws: Gone.self) {
            let body = FileBody { piece in
                try piece(Data("tw".utf8))
                throw Gone()
            }
            _ = try await bases.put(
                UploadPlace(upload.id, file: "a.gguf"), body, PartQuery(offset: 4), who: "ann")
        }
        #expect(try open().files == ["a.gguf": 4])
        #expect(try await put(upload, "two", at: 4) == 7)
        #expect(try String(contentsOfFile: path(upload), encoding: .utf8) == "one two")
    }

    @Test func twoAtOnceForTheSameFileAreToldApart() async throws {
        let upload = try open()
        _ = try await bases.put(
            UploadPlace(upload.id, file: "a.gguf"),
            FileBody { piece in
                try piece(Data("one".utf8))
                let other = await #expect(throws: Failure.self) { try await put(upload, "two", at: 0) }
                #expect(other?.code == "upload.busy")
            }, who: "ann")
        #expect(try String(contentsOfFile: path(upload), encoding: .utf8) == "one")
    }

    @Test func whatIsLostOfAFileIsNotCounted() async throws {
        let upload = try open()
        try await put(upload, "one two", at: 0)
        #expect(truncate(path(upload), 3) == 0)
        #expect(try open().files == ["a.gguf": 3])
        try FileManager.default.removeItem(atPath: path(upload))
        #expect(try open().files.isEmpty)
        #expect(try await put(upload, "anew", at: 0) == 4)
    }

    @Test func aKeyOrNoteThatIsTooLongIsRefused() {
        for request in [ResumeUpload(key: ""), ResumeUpload(key: String(repeating: "k", count: 2000))] {
            let failure = #expect(throws: Failure.self) { try bases.resumeUpload(request, who: "ann") }
            #expect(failure?.code == "upload.note")
        }
    }

    @Test func theRoomIsSaidAndATakenNameRefused() throws {
        let room = try bases.room("new")
        #expect(room.memoryBytes >= room.availableBytes && room.availableBytes > 0 && room.workerBytes > 0)
        #expect(#expect(throws: Failure.self) { try bases.room("tiny") }?.code == "base.exists")
        #expect(#expect(throws: Failure.self) { try bases.room("No Name") }?.code == "base.name")
    }
}
