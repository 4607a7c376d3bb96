import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Platform
import Testing

@testable import Operations

/// Files that people keep here: each content once, seen by its owner, and nothing of what did not come whole.
struct FilesTests {
    let scene: OperationsScene
    let files: FileOperations
    let parts: PartOperations

    init() throws {
        scene = try OperationsScene()
        let store = FileStore(scene.context, limit: 1000)
        files = FileOperations(context: scene.context, store: store)
        parts = PartOperations(context: scene.context, store: store)
    }

    /// A form as OpenAI's client sends it, in pieces of some bytes.
    static func form(
        _ text: String, field: String = "file", name: String = "rows.jsonl", _ fields: [(String, String)] = [],
        end: String = "--b--\r\n", type: String? = "multipart/form-data; boundary=b"
    ) -> FileBody {
        var body = ""
        for (name, value) in fields {
            body += "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        body += "--b\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"\(name)\"\r\n"
        let bytes = Data((body + "Content-Type: application/octet-stream\r\n\r\n\(text)\r\n\(end)").utf8)
        return FileBody(mediaType: type) { piece in
            for start in stride(from: 0, to: bytes.count, by: 7) {
                try piece(bytes[start..<min(start + 7, bytes.count)])
            }
        }
    }

    static let tuning = [("purpose", "fine-tune")]

    func create(_ text: String, who: Principal = "ada", _ fields: [(String, String)] = FilesTests.tuning) async throws
        -> FileObject
    {
        try await files.create(Self.form(text, fields), who: who)
    }

    func code(_ work: () async throws -> some Any) async -> (String, String?)? {
        do { _ = try await work() } catch let failure as Failure { return (failure.code, failure.place) } catch {}
        return nil
    }

    /// What lies in the folder of the kept files.
    var contents: [String] {
        get throws {
            let folder = scene.context.layout.keptFiles
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.utf8.count == 64 }
        }
    }

    /// What is still coming, or was left lying.
    var coming: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: scene.context.layout.comingFiles)) ?? []
    }

    static func text(_ content: FileContent) async throws -> String {
        var text = Data()
        for try await piece in content.pieces { text += piece }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func aFileComesBackAsItWasSent() async throws {
        let file = try await create("{\"a\": 1}\r\n--c-\r\n")
        #expect(file.id.hasPrefix("file-") && file.bytes == 16 && file.filename == "rows.jsonl")
        #expect(file.status == "processed" && file.object == "file" && file.purpose == "fine-tune")
        #expect(try files.show(FileID(file.id), who: "ada") == file)
        #expect(try await Self.text(files.content(FileID(file.id), who: "ada")) == "{\"a\": 1}\r\n--c-\r\n")
        #expect(coming.isEmpty)
    }

    @Test func equalContentsAreKeptOnceAndGoWithTheLast() async throws {
        let first = try await create("same")
        let second = try await create("same", who: "bob")
        #expect(first.id != second.id)
        #expect(try contents == [Digest.sha256(Data("same".utf8))])
        #expect(try files.remove(FileID(first.id), who: "ada").deleted)
        #expect(try await Self.text(files.content(FileID(second.id), who: "bob")) == "same")
        _ = try files.remove(FileID(second.id), who: "bob")
        #expect(try contents.isEmpty)
        #expect(await code { try files.remove(FileID(second.id), who: "bob") }?.0 == "file.unknown")
    }

    @Test func aFileIsThatOfWhoSentIt() async throws {
        let file = try await create("mine")
        let id = FileID(file.id)
        #expect(await code { try files.show(id, who: "bob") }?.0 == "file.unknown")
        #expect(await code { try files.content(id, who: "bob") }?.0 == "file.unknown")
        #expect(await code { try files.remove(id, who: "bob") }?.0 == "file.unknown")
        #expect(try files.list(FileQuery(), who: "bob").data.isEmpty)
        #expect(try files.show(id, who: "root") == file)
    }

    @Test func aListHasEveryFileOnceOverItsPages() async throws {
        var sent: [String] = []
        for number in 0..<7 { sent.append(try await create("\(number)").id) }
        for order in FileQuery.Order.allCases {
            var found: [String] = []
            var query = FileQuery()
            (query.limit, query.order) = (3, order)
            while true {
                let page = try files.list(query, who: "ada")
                #expect(page.first_id == page.data.first?.id && page.last_id == page.data.last?.id)
                found += page.data.map(\.id)
                query.after = page.last_id
                if !page.has_more { break }
            }
            #expect(found == (order == .asc ? sent : sent.reversed()))
        }
        var query = FileQuery()
        query.after = sent[3]
        _ = try files.remove(FileID(sent[3]), who: "ada")
        let refused = try #require(await code { try files.list(query, who: "ada") })
        #expect(refused == ("request.after", "after"))
        query.after = nil
        query.purpose = "batch"
        #expect(try files.list(query, who: "ada").data.isEmpty)
    }

    @Test func whatIsWrongIsNamedAndNothingIsKept() async throws {
        typealias Wrong = (body: FileBody, code: String, field: String?)
        let wrong: [Wrong] = [
            (Self.form("x", []), "request.body", "purpose"),
            (Self.form("x", [("purpose", "vision")]), "request.value", "purpose"),
            (Self.form("x", field: "upload", Self.tuning), "request.body", "file"),
            (Self.form("x", Self.tuning + Self.tuning), "request.body", "purpose"),
            (Self.form("x", Self.tuning, end: ""), "request.body", nil),
            (Self.form("x", Self.tuning, type: "multipart/form-data"), "request.body", nil),
            (Self.form("x", Self.tuning, type: "application/json"), "request.body", nil),
            (Self.form("x", Self.tuning, type: nil), "request.body", nil),
            (Self.form(String(repeating: "x", count: 1001), Self.tuning), "request.too_large", "file"),
            (
                Self.form("x", Self.tuning + [("more", String(repeating: "x", count: 70_000))]), "request.body", "more"
            ),
            (
                Self.form("x", Self.tuning + [("expires_after[seconds]", "60")]), "request.value",
                "expires_after[seconds]"
            ),
            (
                Self.form("x", Self.tuning + [("expires_after[anchor]", "created_at")]), "request.body",
                "expires_after[seconds]"
            ),
        ]
        for (body, code, field) in wrong {
            let found = try #require(await self.code { try await files.create(body, who: "ada") })
            #expect(found == (code, field))
            #expect(coming.isEmpty)
        }
        #expect(try contents.isEmpty)
        #expect(try files.list(FileQuery(), who: "ada").data.isEmpty)
    }

    @Test func aFileWithAnEndGoesByItself() async throws {
        let file = try await create("short", Self.tuning + [("expires_after[seconds]", "3600")])
        #expect(file.expires_at == file.created_at + 3600)
        try files.store.clear(Date().addingTimeInterval(3601))
        #expect(try contents.isEmpty)
        #expect(await code { try files.show(FileID(file.id), who: "ada") }?.0 == "file.unknown")
    }

    @Test func theRemainsOfAKilledDaemonGoWithTheNextFile() async throws {
        let layout = scene.context.layout
        try AtomicFile.makeFolder(layout.comingFiles)
        let orphan = Digest.sha256(Data("orphan".utf8))
        for path in [layout.keptFile(orphan), layout.comingFiles + "/old", layout.comingFiles + "/new"] {
            try Data("x".utf8).write(to: URL(filePath: path))
        }
        var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
        try #require(utimes(layout.comingFiles + "/old", &times) == 0)
        let file = try await create("kept")
        #expect(coming == ["new"], "what may still be coming stays")
        #expect(try contents == [Digest.sha256(Data("kept".utf8))])
        #expect(try files.show(FileID(file.id), who: "ada") == file)
    }

    // MARK: - In parts

    func begin(_ bytes: Int, purpose: String = "fine-tune") throws -> UploadID {
        let members: JSONValue = [
            "bytes": .integer(Int64(bytes)), "filename": "rows.jsonl", "mime_type": "text/jsonl",
            "purpose": .string(purpose),
        ]
        return UploadID(try parts.begin(NewUpload(WireObject(members)), who: "ada").id)
    }

    func add(_ text: String, to id: UploadID, who: Principal = "ada") async throws -> String {
        try await parts.add(id, Self.form(text, field: "data", name: "upload"), who: who).id
    }

    func complete(_ id: UploadID, _ names: [String], md5: String? = nil) throws -> UploadObject {
        var members: [String: JSONValue] = ["part_ids": .array(names.map { .string($0) })]
        members["md5"] = md5.map { .string($0) }
        return try parts.complete(id, UploadParts(WireObject(.object(members))), who: "ada")
    }

    @Test func partsBecomeAFileInTheOrderThatIsNamed() async throws {
        let id = try begin(6)
        let second = try await add("def", to: id)
        let first = try await add("abc", to: id)
        let upload = try complete(id, [first, second], md5: "E80B5017098950FC58AAD83C8C14978E")
        let file = try #require(upload.file)
        #expect(upload.status == "completed" && file.bytes == 6 && file.filename == "rows.jsonl")
        #expect(try await Self.text(files.content(FileID(file.id), who: "ada")) == "abcdef")
        #expect(!FileManager.default.fileExists(atPath: scene.context.layout.parts(upload.id)))
        #expect(await code { try await add("x", to: id) }?.0 == "upload.state")
        #expect(await code { try complete(id, [first, second]) }?.0 == "upload.state")
        #expect(await code { try parts.cancel(id, who: "ada") }?.0 == "upload.state")
    }

    @Test func partsThatDoNotFitAreRefusedAndMayBeMended() async throws {
        let id = try begin(6)
        let first = try await add("abc", to: id)
        #expect(try #require(await code { try complete(id, [first]) }) == ("request.value", "part_ids"))
        #expect(try #require(await code { try complete(id, [first, first]) }) == ("request.value", "part_ids[1]"))
        #expect(try #require(await code { try complete(id, ["part_x"]) }) == ("request.value", "part_ids[0]"))
        let second = try await add("def", to: id)
        #expect(try #require(await code { try complete(id, [first, second], md5: "0") }) == ("request.value", "md5"))
        #expect(await code { try await add("1234567", to: id) }?.0 == "request.too_large", "twice the whole in all")
        #expect(await code { try await add("x", to: id, who: "bob") }?.0 == "upload.unknown")
        #expect(try contents.isEmpty && coming.isEmpty)
        #expect(try complete(id, [second, first]).file?.bytes == 6)
    }

    @Test func aCancelledUploadLeavesNothing() async throws {
        let id = try begin(6)
        _ = try await add("abc", to: id)
        #expect(try parts.cancel(id, who: "ada").status == "cancelled")
        #expect(!FileManager.default.fileExists(atPath: scene.context.layout.parts(id.rawValue)))
        #expect(try #require(await code { try begin(6, purpose: "x") }) == ("request.value", "purpose"))
        #expect(try #require(await code { try begin(1001) }) == ("request.too_large", "bytes"))
        #expect(try #require(await code { try begin(0) }) == ("request.value", "bytes"))
    }
}
