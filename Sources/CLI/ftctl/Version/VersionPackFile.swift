import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Platform
import Reports

struct VersionPackFile: Question {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Write a version into one file, for another daemon.",
        discussion: """
            Weights, card of the base, verdict, figures of the gates and digests, as a tar file; no row of data. The \
            base itself is not in it: `ftctl version add` asks for the same one.

            Example: ftctl version pack v-9f86d081884c7d65 tickets.ftv
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The version.") var version: VersionID
    @Argument(help: "The file to make; it must not be there yet.", completion: .file()) var file: String

    struct Packed: Encodable, Sendable {
        let version: VersionID
        let file: String
        let bytes: Int
        let sha256: String
    }

    func ask(_ client: ControlClient) async throws -> Packed {
        let path = URL(filePath: file).standardizedFileURL.path
        guard access(path, F_OK) != 0 else {
            throw Failure(
                code: "client.file", "'\(file)' is there already, and nothing is written over it.", at: file,
                remedy: "Name another file, or move that one away.")
        }
        let partial = path + ".partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure("make the file", partial, errno: errno) }
        defer { close(descriptor) }
        do {
            var hash = SHA256()
            try await client.pieces(.versions.pack(version)) { piece in
                hash.update(piece)
                try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: partial) }
            }
            guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", partial, errno: errno) }
            let bytes = hash.count
            try AtomicFile.putBack(partial, to: RawPath(path))
            return Packed(version: version, file: path, bytes: bytes, sha256: Digest.hex(hash.finish()))
        } catch {
            unlink(partial)
            throw error
        }
    }

    func document(_ packed: Packed) -> Document {
        Document([
            .facts([
                Fact("version", packed.version.rawValue), Fact("file", packed.file),
                Fact("size", Quantity.bytes(packed.bytes)), Fact("SHA-256", packed.sha256),
            ]),
            .paragraph("Add it elsewhere with `ftctl version add FILE --pipeline NAME`."),
        ])
    }
}
