import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Testing

struct UploadTests {
    @Test func aFileIsWrittenPieceByPiece() async throws {
        let scene = try OperationsScene()
        let upload = try scene.operations.bases.openUpload()
        let body = FileBody { piece in for text in ["one ", "two"] { try piece(Data(text.utf8)) } }
        let answer = try await scene.operations.bases.put(UploadPlace(upload.id, file: "a.gguf"), body)
        #expect(answer == UploadedAnswer(bytes: 7))
        let path = scene.sandbox.layout.uploads + "/\(upload.id)/a.gguf"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one two")
    }

    @Test(arguments: ["..", "a/b", ".hidden", ""])
    func aNameThatWouldLeaveTheFolderIsRefused(name: String) async throws {
        let scene = try OperationsScene()
        let upload = try scene.operations.bases.openUpload()
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.bases.put(UploadPlace(upload.id, file: name), FileBody())
        }
        #expect(failure?.code == "upload.name")
    }

    @Test func anUploadThatIsNotOpenIsUnknown() async throws {
        let scene = try OperationsScene()
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.bases.put(UploadPlace("u-12", file: "a.gguf"), FileBody())
        }
        #expect(failure?.code == "upload.unknown")
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
}
