import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// Files that come in parts, by OpenAI's API.
package struct PartOperations: Sendable {
    /// How long an upload may take.
    private static let life = 3600.0
    /// Most parts of one.
    private static let most = 1000

    let context: StageContext
    let store: FileStore

    /// Throws a Failure: `request.value`, or `request.too_large` for more bytes than a file may have.
    package func begin(_ body: NewUpload, who: Principal) throws -> UploadObject {
        let purpose = try FileOperations.purpose(body.purpose)
        guard body.bytes <= store.limit else {
            throw Failure(
                code: "request.too_large", "The file is to have \(body.bytes) bytes.", at: "bytes",
                remedy: "A file may have \(store.limit >> 20) MiB.")
        }
        try store.clear()
        let now = Date()
        let upload = PartUpload(
            id: RandomName.made("upload_"), owner: who.owner, bytes: body.bytes,
            name: FileOperations.name(body.filename),
            purpose: purpose, createdAt: now, expiresAt: now.addingTimeInterval(Self.life))
        if let made = try context.ledger.partUpload(upload.id) { return try answer(made) }
        try context.ledger.begin(upload)
        return try answer(upload)
    }

    /// Takes one part. Throws a Failure: as ``FileOperations/create(_:who:)``, `upload.unknown` and `upload.state`.
    package func add(_ id: UploadID, _ body: FileBody, who: Principal) async throws -> PartObject {
        let upload = try pending(id, who)
        let parts = try context.ledger.parts(of: upload.id)
        guard parts.count < Self.most else {
            throw Failure(
                code: "request.value", "The upload '\(id)' has \(parts.count) parts.", at: "data",
                remedy: "Send larger parts.")
        }
        // A part may come again after an error; beyond that nothing is kept that the whole cannot have.
        let room = max(0, 2 * upload.bytes - parts.values.reduce(0, +))
        let form = try FileForm(mediaType: body.mediaType, field: "data") { [store] in
            try store.begin(field: "data", limit: min(FileStore.partLimit, room))
        }
        try await body.forEachPiece(form.feed)
        let file = try form.finish()
        let sha256 = try file.finish().sha256
        let part = RandomName.made("part_")
        let folder = context.layout.parts(upload.id)
        if parts[part] != nil {
            guard try Digest.sha256(file: folder + "/" + part) == sha256 else { throw RepetitionFault.another }
            return PartObject(id: part, createdAt: Int(Date().timeIntervalSince1970), upload: upload.id)
        }
        try AtomicFile.makeFolder(folder)
        try file.take(folder + "/" + part)
        try context.ledger.add(part: part, of: upload.id, bytes: file.count)
        return PartObject(id: part, createdAt: Int(Date().timeIntervalSince1970), upload: upload.id)
    }

    /// Makes a file of the parts. Throws a Failure: `request.value` for a part that there is not, for parts with other
    /// bytes in all than were announced, and for another MD5.
    package func complete(_ id: UploadID, _ body: UploadParts, who: Principal) throws -> UploadObject {
        let upload = try pending(id, who)
        let parts = try context.ledger.parts(of: upload.id)
        for (index, part) in body.parts.enumerated() where parts[part] == nil || body.parts[..<index].contains(part) {
            throw Failure(
                code: "request.value", "The upload '\(id)' has no part '\(part)', or it is named twice.",
                at: "part_ids[\(index)]", remedy: "Name each part once, as it was answered.")
        }
        let total = body.parts.reduce(0) { $0 + (parts[$1] ?? 0) }
        guard total == upload.bytes else {
            throw Failure(
                code: "request.value", "The parts have \(total) bytes; \(upload.bytes) were announced.",
                at: "part_ids", remedy: "Send what is missing, or begin anew.")
        }
        let whole = try store.begin(field: "part_ids", limit: store.limit, withSum: body.md5 != nil)
        for part in body.parts {
            try FilePieces.each(context.layout.parts(upload.id) + "/" + part, whole.write)
        }
        let sums = try whole.finish()
        if let md5 = body.md5, md5.lowercased() != sums.md5 {
            throw Failure(
                code: "request.value", "The whole has the MD5 \(sums.md5 ?? "unknown").", at: "md5",
                remedy: "Send the parts again.")
        }
        let file = KeptFile(
            id: RandomName.new("file-"), owner: upload.owner, sha256: sums.sha256, bytes: whole.count,
            name: upload.name, purpose: upload.purpose, createdAt: Date())
        try store.keep(whole, sha256: file.sha256) { try context.ledger.end(upload.id, as: file) }
        try store.clear()
        return try answer(try find(id, who))
    }

    /// Gives an upload up. Throws a Failure: `upload.unknown` and `upload.state`.
    package func cancel(_ id: UploadID, who: Principal) throws -> UploadObject {
        try context.ledger.end(try pending(id, who).id, as: nil)
        try store.clear()
        return try answer(try find(id, who))
    }

    private func find(_ id: UploadID, _ who: Principal) throws -> PartUpload {
        guard let upload = try context.ledger.partUpload(id.rawValue), who.owns(upload.owner) else {
            throw Failure(
                code: "upload.unknown", "There is no upload '\(id)'.", at: id.rawValue, remedy: "Begin one first.")
        }
        return upload
    }

    /// An upload that may still get parts.
    private func pending(_ id: UploadID, _ who: Principal) throws -> PartUpload {
        let upload = try find(id, who)
        let status = status(upload)
        guard status == "pending" else {
            throw Failure(
                code: "upload.state", "The upload '\(id)' is \(status).", at: "upload_id", remedy: "Begin another one.")
        }
        return upload
    }

    private func status(_ upload: PartUpload) -> String {
        upload.state == .pending && upload.expiresAt <= Date() ? "expired" : upload.state.rawValue
    }

    private func answer(_ upload: PartUpload) throws -> UploadObject {
        UploadObject(
            id: upload.id, bytes: upload.bytes, createdAt: Int(upload.createdAt.timeIntervalSince1970),
            expiresAt: Int(upload.expiresAt.timeIntervalSince1970), filename: upload.name, purpose: upload.purpose,
            status: status(upload),
            file: try upload.file.flatMap { try context.ledger.keptFile($0) }.map(FileOperations.answer))
    }
}
