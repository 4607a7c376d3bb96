import Foundation
import Nouns
import Platform

/// Reads the file of a packed version without trusting it: plain files alone, those that it names first, each with the
/// length and the digest that it says.
package struct PackReader {
    /// Bytes that what a pack says of itself may have.
    private static let longestManifest = 16 << 20
    private static let pieceBytes = 1 << 20

    private let path: String
    private let descriptor: Int32
    private let folder: String

    /// Unpacks into a folder that is there and empty, and makes it durable.
    ///
    /// Throws a Failure (`pack.…`) that says what is wrong, a ``FileFailure``, or a CancellationError; what is in the
    /// folder is of no use then.
    ///
    /// - Returns: what the pack says of itself.
    package static func unpack(_ path: String, into folder: String) throws -> VersionPack {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        return try PackReader(path: path, descriptor: descriptor, folder: folder).unpack()
    }

    private func unpack() throws -> VersionPack {
        let pack = try manifest()
        try pack.check(at: path)
        for file in pack.files {
            guard let head = try header(), head.name == file.name, head.bytes == file.bytes else {
                throw refusal("pack.content", "The pack does not have '\(file.name)' where it says.")
            }
            try take(file)
        }
        guard try header() == nil else { throw refusal("pack.content", "The pack has more than it names.") }
        for name in try FolderListing.names(folder) { try AtomicFile.sync(folder: folder + "/" + name) }
        try AtomicFile.sync(folder: folder)
        return pack
    }

    private func manifest() throws -> VersionPack {
        guard let head = try header(), head.name == VersionPack.manifestName, head.bytes <= Self.longestManifest else {
            throw refusal("pack.format", "This is no file that `ftctl version pack` wrote.")
        }
        let data = Data(try bytes(head.bytes))
        _ = try bytes(TarHeader.padding(head.bytes))
        do { return try ContractCoding.decode(VersionPack.self, from: data) } catch {
            struct Form: Decodable { var format: Int }
            if let form = try? ContractCoding.decode(Form.self, from: data), form.format != VersionPack.format {
                throw refusal(
                    "pack.format", "The pack has form \(form.format); this program reads form \(VersionPack.format).")
            }
            throw refusal("pack.format", "version.json of the pack cannot be read: \(error).")
        }
    }

    private func take(_ file: VersionPack.Member) throws {
        let place = folder + "/" + file.name
        try AtomicFile.makeFolder((place as NSString).deletingLastPathComponent)
        let target = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard target >= 0 else { throw FileFailure("make the file", place, errno: errno) }
        defer { close(target) }
        var hash = SHA256()
        var left = file.bytes
        while left > 0 {
            Pulse.beat()
            try Task.checkCancellation()
            let piece = try bytes(min(left, Self.pieceBytes))
            hash.update(piece)
            try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: target, path: place) }
            left -= piece.count
        }
        _ = try bytes(TarHeader.padding(file.bytes))
        guard Digest.hex(hash.finish()) == file.sha256 else {
            throw refusal("pack.damaged", "'\(file.name)' of the pack is not what was packed.")
        }
        guard fsync(target) == 0 else { throw FileFailure("make it durable", place, errno: errno) }
    }

    private func header() throws -> TarHeader? {
        do { return try TarHeader(bytes(TarHeader.length)) } catch TarFault.kind {
            throw refusal("pack.content", "The pack has a link, a folder or a device, and may have plain files alone.")
        } catch TarFault.header {
            throw refusal("pack.format", "This is no tar file, or a damaged one.")
        }
    }

    /// So many bytes. Throws a Failure (`pack.short`) where the file ends before.
    private func bytes(_ count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var taken = 0
        while taken < count {
            let got = buffer.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: taken), count - taken)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileFailure("read it", path, errno: errno) }
            guard got > 0 else { throw refusal("pack.short", "The pack ends too early.") }
            taken += got
        }
        return buffer
    }

    private func refusal(_ code: String, _ message: String) -> Failure {
        Failure(code: code, message, at: (path as NSString).lastPathComponent, remedy: "Pack and send it again.")
    }
}
