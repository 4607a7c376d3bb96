import Foundation
import Nouns
import Platform

/// A folder with backups: what files hold lies in `objects/` by digest, once for all backups, and `backups/` has what
/// each of them is made of.
///
/// Nothing in it is shared with the files that it is a copy of (no hard links), so that what damages the one leaves
/// the other as it is.
package struct BackupStore: Sendable {
    package let folder: String
    private var objects: String { folder + "/objects" }
    private var manifests: String { folder + "/backups" }

    /// A folder that is there already, or is to be made by ``prepare()``.
    package init(folder: String) { self.folder = folder }

    /// Makes the folder, and takes it for as long as what is returned lives: who removes what no backup needs must not
    /// do so while another is being made.
    ///
    /// Throws a ``FileFailure``, and a Failure: `backup.folder` where it holds something else, `backup.busy` where
    /// another program makes a backup there.
    func prepare() throws -> FileLock {
        try AtomicFile.makeFolder(folder, mode: 0o700)
        let names = try FolderListing.names(folder).filter { $0 != "lost+found" }
        guard names.isEmpty || names.contains("backups") else {
            throw Failure(
                code: "backup.folder", "The folder holds something that is no backup, such as \(names.sorted()[0]).",
                at: folder, remedy: "Name an empty folder, or one with earlier backups.")
        }
        for path in [objects, manifests] { try AtomicFile.makeFolder(path, mode: 0o700) }
        let lock = try takeLock()
        for name in try FolderListing.names(objects) where name.hasPrefix(".") { unlink(objects + "/" + name) }
        return lock
    }

    private func takeLock() throws -> FileLock {
        do { return try FileLock(folder: manifests, file: manifests + "/.lock") } catch let failure as FileFailure
            where failure.number == EWOULDBLOCK
        {
            throw Failure(
                code: "backup.busy", "Another backup is being made in the folder.", at: folder,
                remedy: "Wait until it is done.")
        }
    }

    /// The identifiers of the backups, oldest first.
    package func all() throws -> [String] {
        guard FileManager.default.fileExists(atPath: manifests) else { return [] }
        return try FolderListing.names(manifests).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
            .map { String($0.dropLast(5)) }.sorted()
    }

    /// Throws a Failure: `backup.unknown` where there is none of that name, `backup.format` where it cannot be read.
    package func manifest(_ id: String) throws -> BackupManifest {
        let path = manifests + "/\(id).json"
        guard try all().contains(id) else {
            let known = try all()
            throw Failure(
                code: "backup.unknown", "There is no backup '\(id)'.", at: folder,
                remedy: known.isEmpty
                    ? "Make one: `ftctl backup DIR`." : "There is \(known.suffix(5).joined(separator: ", ")).")
        }
        let data = try WholeFile.read(path)
        do {
            let manifest = try ContractCoding.decode(BackupManifest.self, from: data)
            guard manifest.format == BackupManifest.format else {
                throw Failure(
                    code: "backup.format", "The backup has form \(manifest.format); this program reads form 1.",
                    at: path, remedy: "Take the program that wrote it.")
            }
            return manifest
        } catch let error as DecodingError {
            throw Failure(
                code: "backup.format", "The backup's manifest cannot be read.", at: path,
                remedy: "Take an earlier backup.", cause: "\(error)")
        }
    }

    func keep(_ manifest: BackupManifest) throws {
        try AtomicFile.write(
            try ContractCoding.encode(manifest), to: manifests + "/\(manifest.id).json", mode: 0o600)
    }

    func has(_ digest: String) -> Bool { FileManager.default.fileExists(atPath: path(digest)) }

    func path(_ digest: String) -> String { "\(objects)/\(digest.prefix(2))/\(digest)" }

    /// Takes the rest of an open file; returns its digest, its length, and whether it was not there before. Throws a
    /// ``FileFailure``.
    func takeNew(_ source: Int32, _ name: String) throws -> (sha256: String, bytes: Int, isNew: Bool) {
        let temporary = "\(objects)/.\(getpid()).tmp"
        let target = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw FileFailure("make the file", temporary, errno: errno) }
        defer { close(target) }
        do {
            let (digest, bytes) = try Self.copy(source, name, to: target, temporary)
            if has(digest) {
                unlink(temporary)
                return (digest, bytes, false)
            }
            guard fsync(target) == 0 else { throw FileFailure("make it durable", temporary, errno: errno) }
            let place = path(digest)
            try AtomicFile.makeFolder((place as NSString).deletingLastPathComponent, mode: 0o700)
            try AtomicFile.rename(temporary, to: place)
            return (digest, bytes, true)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Copies the rest of a file, and computes its digest on the way.
    static func copy(_ source: Int32, _ name: String, to target: Int32, _ path: String) throws -> (String, Int) {
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var bytes = 0
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", name, errno: errno) }
            if count == 0 { return (Digest.hex(hash.finish()), bytes) }
            bytes += count
            try buffer.withUnsafeBytes {
                let piece = UnsafeRawBufferPointer(rebasing: $0[..<count])
                hash.update(piece)
                try AtomicFile.writeAll(piece, to: target, path: path)
            }
        }
    }

    /// Removes all backups but the newest `count`, and what only they needed. Returns how many went.
    func prune(keeping count: Int) throws -> Int {
        let gone = try all().dropLast(max(1, count))
        guard !gone.isEmpty else { return 0 }
        for id in gone {
            let path = manifests + "/\(id).json"
            guard unlink(path) == 0 else { throw FileFailure("remove it", path, errno: errno) }
        }
        try AtomicFile.sync(folder: manifests)
        let needed = try all().reduce(into: Set<String>()) { $0.formUnion(try manifest($1).digests) }
        for part in try FolderListing.names(objects) {
            for name in try FolderListing.names(objects + "/" + part) where !needed.contains(name) {
                let path = "\(objects)/\(part)/\(name)"
                guard unlink(path) == 0 else { throw FileFailure("remove it", path, errno: errno) }
            }
        }
        return gone.count
    }
}
