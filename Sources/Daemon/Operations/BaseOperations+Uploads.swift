import ControlProtocol
import Foundation
import Nouns
import Platform

extension BaseOperations {
    /// Writes a file of an upload as its bytes come, and makes it durable.
    ///
    /// Throws a Failure: `upload.name` and `upload.unknown` for the place, `upload.too_large`, `upload.write` and
    /// `disk.full` for the file.
    package func put(_ place: UploadPlace, _ body: FileBody, who: Principal) async throws -> UploadedAnswer {
        let (path, bound) = try uploads.place(place.upload, file: place.file, who: who)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw Failure(
                code: "upload.write", "The file cannot be written: \(String(cString: strerror(errno))).", at: path,
                remedy: "Check the disk.")
        }
        defer { close(descriptor) }
        var size = 0
        try await body.forEachPiece { piece in
            size += piece.count
            guard size <= bound else {
                throw Failure(
                    code: "upload.too_large", "The files of this upload have more than \(bound >> 20) MiB.", at: path,
                    remedy: "Free space on the daemon's disk, or send less.")
            }
            do {
                try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
            } catch let failure as FileFailure {
                throw Failure(
                    code: failure.isFull ? "disk.full" : "upload.write", "\(failure.reason).", at: path,
                    remedy: failure.remedy)
            }
        }
        guard fsync(descriptor) == 0 else {
            throw Failure(code: "upload.write", "The file cannot be made durable.", at: path, remedy: "Check the disk.")
        }
        return UploadedAnswer(bytes: size)
    }
}
