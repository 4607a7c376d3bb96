import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// What people ask about the files that they keep here, by OpenAI's API.
///
/// A file is seen by who sent it, and by admins; to others it does not exist.
package struct FileOperations: Sendable {
    /// What files are kept for; their rows are checked when a job uses them.
    private static let purposes = ["fine-tune"]
    private static let expiry = 3600...2_592_000

    let context: StageContext
    let store: FileStore

    /// Keeps the file of a form. Throws a Failure: `request.body` and `request.value` with the field at fault,
    /// `request.too_large`, `disk.full` and `disk.low`; nothing is kept then.
    package func create(_ body: FileBody, who: Principal) async throws -> FileObject {
        try store.clear()
        let form = try FileForm(mediaType: body.mediaType, field: "file") { [store] in
            try store.begin(field: "file", limit: store.limit)
        }
        try await body.forEachPiece(form.feed)
        let file = try form.finish()
        let purpose = try Self.purpose(form.text("purpose"))
        let now = Date()
        let kept = KeptFile(
            id: RandomName.made("file-"), owner: who.owner, sha256: try file.finish().sha256, bytes: file.count,
            name: Self.name(form.fileName), purpose: purpose, createdAt: now,
            expiresAt: try Self.end(form).map { now.addingTimeInterval(Double($0)) })
        if let made = try context.ledger.keptFile(kept.id) {
            guard made.sha256 == kept.sha256, made.name == kept.name, made.purpose == kept.purpose else {
                throw RepetitionFault.another
            }
            return Self.answer(made)
        }
        try store.keep(file, sha256: kept.sha256) { try context.ledger.add(kept) }
        return Self.answer(kept)
    }

    /// Throws a Failure (`request.after`) where the cursor is gone.
    package func list(_ query: FileQuery, who: Principal) throws -> WirePage<FileObject> {
        let limit = min(query.limit, FileQuery.most)
        let found = try context.ledger.keptFiles(
            owner: who.role == .admin ? nil : who.owner, purpose: query.purpose, after: query.after,
            oldestFirst: query.order == .asc, limit: limit + 1, now: Date())
        guard let found else {
            throw Failure(
                code: "request.after", "There is no file '\(query.after ?? "")' in this list.", at: "after",
                remedy: "Begin the list anew.")
        }
        return WirePage(found.map(Self.answer), limit: limit)
    }

    /// Throws a Failure (`file.unknown`).
    package func show(_ id: FileID, who: Principal) throws -> FileObject { Self.answer(try find(id, who)) }

    /// Throws a Failure (`file.unknown`), and a FileFailure where its bytes cannot be read.
    package func content(_ id: FileID, who: Principal) throws -> FileContent {
        let path = context.layout.keptFile(try find(id, who).sha256)
        return FileContent(try FilePieces.stream(path))
    }

    /// Throws a Failure (`file.unknown`).
    package func remove(_ id: FileID, who: Principal) throws -> DeletedObject {
        guard try store.remove(try find(id, who)) else { throw Self.unknown(id) }
        return DeletedObject(id.rawValue, object: "file")
    }

    /// A file of whoever asks. Throws a Failure (`file.unknown`).
    package func find(_ id: FileID, _ who: Principal) throws -> KeptFile {
        guard let file = try context.ledger.keptFile(id.rawValue), who.owns(file.owner),
            file.expiresAt.map({ $0 > Date() }) ?? true
        else { throw Self.unknown(id) }
        return file
    }

    /// Keeps the text of a job's results under an identifier; once it is kept, it stays as it is.
    package func keep(_ text: String, name: String, id: FileID, owner: String) throws -> KeptFile {
        if let kept = try context.ledger.keptFile(id.rawValue) { return kept }
        let file = try store.begin(field: "file", limit: store.limit)
        try file.write(Data(text.utf8))
        let kept = KeptFile(
            id: id.rawValue, owner: owner, sha256: try file.finish().sha256, bytes: file.count, name: name,
            purpose: "fine-tune-results", createdAt: Date())
        try store.keep(file, sha256: kept.sha256) { try context.ledger.add(kept) }
        return kept
    }

    private static func unknown(_ id: FileID) -> Failure {
        Failure(
            code: "file.unknown", "There is no file '\(id)'.", at: id.rawValue,
            remedy: "List your files (GET /v1/files) for those there are.")
    }

    static func purpose(_ text: String?) throws -> String {
        guard let text else {
            throw Failure(
                code: "request.body", "The request has no field 'purpose'.", at: "purpose",
                remedy: "Give 'fine-tune'.")
        }
        guard purposes.contains(text) else {
            throw Failure(
                code: "request.value", "The field 'purpose' is '\(text)'.", at: "purpose", remedy: "Give 'fine-tune'.")
        }
        return text
    }

    /// Seconds after which a form has its file go; nil where never.
    private static func end(_ form: FileForm) throws -> Int? {
        let anchor = try form.text("expires_after[anchor]")
        guard let text = try form.text("expires_after[seconds]") else {
            guard anchor == nil else {
                throw Failure(
                    code: "request.body", "The form has no field 'expires_after[seconds]'.",
                    at: "expires_after[seconds]", remedy: "Give the seconds, or leave expires_after out.")
            }
            return nil
        }
        guard anchor == nil || anchor == "created_at" else {
            throw Failure(
                code: "request.value", "The field 'expires_after[anchor]' is '\(anchor ?? "")'.",
                at: "expires_after[anchor]", remedy: "Give 'created_at'.")
        }
        guard let seconds = Int(text), expiry.contains(seconds) else {
            throw Failure(
                code: "request.value", "The field 'expires_after[seconds]' is '\(text)'.",
                at: "expires_after[seconds]",
                remedy: "Give a whole number from \(expiry.lowerBound) to \(expiry.upperBound).")
        }
        return seconds
    }

    /// What a file is called: the last part of what the form says, as long as file systems allow.
    static func name(_ text: String?) -> String {
        let last = (text ?? "").split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        return last.isEmpty ? "upload" : String(last.prefix(255))
    }

    static func answer(_ file: KeptFile) -> FileObject {
        FileObject(
            id: file.id, bytes: file.bytes, createdAt: Int(file.createdAt.timeIntervalSince1970),
            filename: file.name, purpose: file.purpose,
            expiresAt: file.expiresAt.map { Int($0.timeIntervalSince1970) })
    }
}
