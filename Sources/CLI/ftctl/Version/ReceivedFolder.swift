import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Platform

/// A folder that appears whole, with the files of an export, or not at all.
///
/// The files are gathered in a hidden folder beside it, each checked by its digest; what is there from an interrupted
/// command is not fetched again.
struct ReceivedFolder {
    /// Absolute.
    let path: String

    /// Throws a Failure (`export.exists`) where there is something already, and where the folder above is not there.
    init(_ path: String) throws {
        self.path = URL(filePath: path).standardizedFileURL.path
        let above = (self.path as NSString).deletingLastPathComponent
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: above, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure(
                code: "client.file", "There is no folder \(above) to write into.", at: path, remedy: "Make it first.")
        }
        try refuseWhatIsThere()
    }

    private func refuseWhatIsThere() throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        throw Failure(
            code: "export.exists", "'\(path)' is there already, and nothing is written over it.", at: path,
            remedy: "Name another folder with --out, or move that one away.")
    }

    /// Takes the files of an export. Throws the daemon's Failure, `export.damaged` where what came is not what was
    /// written, and a FileFailure.
    func receive(_ record: ExportRecord, _ client: ControlClient, remark: (String) -> Void) async throws {
        let (above, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
        let work = "\(above)/.\(name).\(record.version).\(record.format.rawValue)"
        do { try AtomicFile.makeFolder(work, mode: 0o755) } catch let failure as FileFailure {
            throw Self.failure(failure)
        }
        let wanted = Set(record.files.map { ($0.path as NSString).lastPathComponent })
        for stray in (try? FileManager.default.contentsOfDirectory(atPath: work)) ?? [] where !wanted.contains(stray) {
            try? FileManager.default.removeItem(atPath: work + "/" + stray)
        }
        for file in record.files {
            let name = (file.path as NSString).lastPathComponent
            let place = work + "/" + name
            if try isWhole(place, file) { continue }
            if file.bytes >> 20 > 0 { remark("\(name) (\(file.bytes >> 20) MiB) …") }
            do { try await fetch(file, name, record, to: place, client) } catch let failure as FileFailure {
                throw Self.failure(failure)
            }
            guard try isWhole(place, file) else {
                throw Failure(
                    code: "export.damaged", "'\(name)' did not arrive as it was written.", at: place,
                    remedy:
                        "Run the command again; where that does not help, `ftctl verify` looks at the daemon's files.")
            }
        }
        do { try refuseWhatIsThere() } catch {
            // Somebody else was quicker, or made a folder of that name meanwhile.
            try? FileManager.default.removeItem(atPath: work)
            throw error
        }
        do { try AtomicFile.putBack(work, to: RawPath(path)) } catch let failure as FileFailure {
            throw Self.failure(failure)
        }
    }

    private func fetch(
        _ file: FileReference, _ name: String, _ record: ExportRecord, to place: String, _ client: ControlClient
    ) async throws {
        let descriptor = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure("make the file", place, errno: errno) }
        defer { close(descriptor) }
        let source = ExportFilePlace(ExportPlace(record.version, record.format.rawValue), file: name)
        try await client.pieces(.versions.exportedFile(source)) { piece in
            try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: place) }
        }
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", place, errno: errno) }
    }

    private func isWhole(_ place: String, _ file: FileReference) throws -> Bool {
        var status = stat()
        guard lstat(place, &status) == 0, Int(status.st_size) == file.bytes else { return false }
        return try Digest.sha256(file: place) == file.sha256
    }

    private static func failure(_ failure: FileFailure) -> Failure {
        Failure(
            code: "client.file", "Cannot \(failure.action): \(failure.reason).", at: failure.path,
            remedy: failure.remedy)
    }
}
