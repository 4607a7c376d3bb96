import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Testing

/// Files that are dropped through the API, with what is said of them.
struct UploadedDropTests {
    private let scene: OperationsScene

    init() throws { scene = try OperationsScene() }

    /// Sends rows; returns the upload.
    private func upload(_ text: String, who: Principal = "ann") async throws -> String {
        let bases = scene.operations.bases
        let upload = try bases.openUpload(UploadQuery(), who: who)
        _ = try await bases.put(
            UploadPlace(upload.id, file: "rows"), FileBody { piece in try piece(Data(text.utf8)) }, who: who)
        return upload.id
    }

    private func add(_ upload: String, _ origin: DropOrigin, name: String = "a.csv", who: Principal = "ann") throws
        -> Drop
    {
        try scene.operations.drops.add(
            "support", DropRequest(upload: upload, file: "rows", name: name, origin: origin), who: who)
    }

    @Test func aFileIsReceivedWithWhatIsSaidOfIt() async throws {
        let id = try await upload("Question,Answer\nq,a\n")
        let origin = DropOrigin(
            columns: ["prompt": "Question"], source: "hf:datasets/a/b@c",
            imported: ImportPosition(name: "sqlite:x#1", last: .integer(7)))
        let drop = try add(id, origin)
        #expect(drop.state == .received && drop.name == "a.csv" && drop.origin == origin)
        #expect(try scene.context.ledger.drop(drop.id) == drop)
        let file = scene.context.layout.intake("support", drop: drop.id) + "/original"
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "Question,Answer\nq,a\n")
        #expect(try scene.context.ledger.uploads().isEmpty)
        let list = {
            try scene.operations.drops.list(DropQuery(pipeline: "support", imported: $0), for: "root").map(\.id)
        }
        #expect(try list("sqlite:x#1") == [drop.id])
        #expect(try list("sqlite:x#2") == [])
    }

    @Test func theSameBytesUnderOtherNamesAreAnotherDrop() async throws {
        let rows = "Question,Answer\nq,a\n"
        let first = try await add(upload(rows), DropOrigin(columns: ["prompt": "Question"]))
        let same = try await add(upload(rows), DropOrigin(columns: ["prompt": "Question"]))
        let other = try await add(upload(rows), DropOrigin(columns: ["prompt": "Answer"]))
        #expect([first.state, same.state, other.state] == [.received, .duplicate, .received])
    }

    @Test(arguments: ["", ".hidden", "a/b", "a\u{0}b", String(repeating: "x", count: 256)])
    func aNameThatIsNoneIsRefused(name: String) async throws {
        let id = try await upload("x")
        let failure = #expect(throws: Failure.self) { _ = try add(id, DropOrigin(), name: name) }
        #expect(failure?.code == "drop.name")
    }

    @Test(arguments: [
        (DropOrigin(columns: ["question": "q"]), "drop.columns"),
        (DropOrigin(columns: ["prompt": "q", "completion": "q"]), "drop.columns"), (DropOrigin(rows: 0), "drop.rows"),
    ]) func whatCannotBeMeantIsRefused(origin: DropOrigin, code: String) async throws {
        let id = try await upload("x")
        let failure = #expect(throws: Failure.self) { _ = try add(id, origin) }
        #expect(failure?.code == code)
        #expect(try scene.context.ledger.uploads().count == 1, "it can be tried again")
    }

    @Test func otherBytesThanAreStatedAreRefusedAndSentAnew() async throws {
        let id = try await upload("x")
        func add(_ sha256: String) throws -> Drop {
            try scene.operations.drops.add(
                "support",
                DropRequest(upload: id, file: "rows", name: "a.csv", origin: DropOrigin(), sha256: sha256), who: "ann")
        }
        #expect(#expect(throws: Failure.self) { try add(Digest.sha256(Data("y".utf8))) }?.code == "drop.digest")
        #expect(#expect(throws: Failure.self) { try add(Digest.sha256(Data("x".utf8))) }?.code == "upload.unknown")
        _ = try await scene.operations.bases.put(
            UploadPlace(id, file: "rows"), FileBody { piece in try piece(Data("x".utf8)) }, who: "ann")
        #expect(try add(Digest.sha256(Data("x".utf8)).uppercased()).state == .received)
    }

    @Test func aReportSaysWhereTheBytesCameFrom() async throws {
        let source = "hf:datasets/a/b@c/d.csv"
        let drop = try await add(upload("x"), DropOrigin(source: source))
        let path = scene.context.layout.dropReport("support", drop.id)
        let report = IntakeReport(
            drop: drop.id, pipeline: "support", name: drop.name, sha256: drop.sha256, bytes: drop.bytes)
        try ContractCoding.encode(report).write(to: URL(filePath: path))
        #expect(try scene.operations.drops.report(drop.id).source == source)
    }

    @Test func anUploadOfSomebodyElseIsUnknown() async throws {
        let id = try await upload("x", who: "ann")
        let failure = #expect(throws: Failure.self) { _ = try add(id, DropOrigin(), who: "bob") }
        #expect(failure?.code == "upload.unknown")
        let none = try scene.operations.bases.openUpload(UploadQuery(), who: "ann")
        #expect(throws: Failure.self) { _ = try add(none.id, DropOrigin()) }
    }

    @Test func aTokenBringsNothingIntoWhatTheSettingsHave() async throws {
        let token = Principal(owner: "token:t1", name: "t", role: .user)
        let id = try await upload("x", who: token)
        let failure = #expect(throws: Failure.self) { _ = try add(id, DropOrigin(), who: token) }
        #expect(failure?.code.hasPrefix("permission.") == true)
    }
}
