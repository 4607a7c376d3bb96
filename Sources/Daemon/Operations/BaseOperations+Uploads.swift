import ControlProtocol
import Foundation
import Nouns
import Platform
import Registry

extension BaseOperations {
    /// Bytes between two looks at what is left of the disk.
    private static let stride = 16 << 20

    package func resumeUpload(_ request: ResumeUpload, who: Principal) throws -> ResumedUpload {
        try uploads.resume(request, who: who)
    }

    /// How many bytes of a file are on the disk for good; none where it has not begun.
    package func size(_ place: UploadPlace, who: Principal) throws -> UploadOffset {
        UploadOffset(bytes: try uploads.size(place.upload, file: place.file, who: who))
    }

    /// What room there is for a base. Throws a Failure (`base.exists`, `base.name`) for a name that it cannot have.
    package func room(_ id: BaseID?) throws -> BaseRoom {
        if let id { try registry.requireFree(id) }
        let settings = context.settings.daemon
        let free = (System.freeBytes(context.layout.state) ?? .max) - settings.minimumFreeBytes
        return BaseRoom(
            freeBytes: max(0, free), memoryBytes: MachineMemory.total(), availableBytes: MachineMemory.available(),
            workerBytes: settings.workerMemoryBytes)
    }

    /// Says what a base is by what stands in front of its weights. Throws what the worker says where the engine cannot
    /// run it.
    package func look(_ request: LookRequest, who: Principal) async throws -> LookAnswer {
        try await desk.serve { LookAnswer(card: try await registry.look(request, who: who)) }
    }

    /// Writes a file of an upload, or the part of it that begins at the query's offset, as its bytes come, and makes it
    /// durable.
    ///
    /// Throws a Failure: `upload.name` and `upload.unknown` for the place, `upload.offset` where the part does not
    /// follow what is there (its place is the right offset), `upload.busy` where somebody sends the same file,
    /// `upload.closed` once the upload is looked at, `disk.low`, `upload.too_large`, `upload.write` and `disk.full` for
    /// the file.
    package func put(
        _ place: UploadPlace, _ body: FileBody, _ query: PartQuery = PartQuery(), who: Principal
    ) async throws -> UploadedAnswer {
        let (path, bound) = try uploads.place(place.upload, file: place.file, who: who)
        let gate = try UploadGate((path as NSString).deletingLastPathComponent, for: .writing)
        defer { withExtendedLifetime(gate) {} }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw Failure(
                code: "upload.write", "The file cannot be written: \(String(cString: strerror(errno))).", at: path,
                remedy: "Check the disk.")
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(
                code: "upload.busy", "Somebody else is sending '\(place.file)' of this upload.", at: place.file,
                remedy: "Wait until that has ended, and ask how far the file is.")
        }
        do { try begin(descriptor, path, at: query.offset) } catch let failure as FileFailure {
            throw Self.failure(failure, path)
        }
        var size = query.offset
        var looked = query.offset
        var begun = size
        try await body.forEachPiece { piece in
            size += piece.count
            guard size <= bound else {
                if uploads.room < piece.count { throw Self.low(path) }
                throw Failure(
                    code: "upload.too_large", "The files of this upload have more than \(bound >> 20) MiB.", at: path,
                    remedy: "Free space on the daemon's disk, or send less; uploads_per_user bounds it too.")
            }
            // Others write as well.
            if size - looked >= Self.stride {
                looked = size
                guard uploads.room > 0 else { throw Self.low(path) }
            }
            do {
                try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
            } catch let failure as FileFailure { throw Self.failure(failure, path) }
            guard size - begun >= 1 << 20 else { return }
            AtomicFile.beginWriting(begun..<size, of: descriptor)
            begun = size
        }
        guard fdatasync(descriptor) == 0 else {
            throw Failure(code: "upload.write", "The file cannot be made durable.", at: path, remedy: "Check the disk.")
        }
        do { try Uploads.note(size, of: path) } catch let failure as FileFailure { throw Self.failure(failure, path) }
        return UploadedAnswer(bytes: size)
    }

    /// Goes to the offset, behind which nothing stays: what a part left there that broke off.
    private func begin(_ descriptor: Int32, _ path: String, at offset: Int) throws {
        let count = offset == 0 ? 0 : Uploads.count(path)
        guard offset == count else {
            throw Failure(
                code: "upload.offset", "\(count) bytes of the file are there, and the part begins at \(offset).",
                at: String(count), remedy: "Go on at \(count).")
        }
        if offset == 0 { try Uploads.note(0, of: path) }
        guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset)
        else { throw FileFailure("go on in it", path, errno: errno) }
    }

    private static func low(_ path: String) -> Failure {
        Failure(
            code: "disk.low", "Less than minimum_free would be left of the disk.", at: path,
            remedy: "Free space on the daemon's disk, and send it again.")
    }

    private static func failure(_ failure: FileFailure, _ path: String) -> Failure {
        Failure(
            code: failure.isFull ? "disk.full" : "upload.write", "\(failure.reason).", at: path,
            remedy: failure.remedy)
    }
}
