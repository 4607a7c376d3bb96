import Foundation
import Nouns
import Platform

/// Copies files into a store, each that is not there yet.
struct Copying {
    let store: BackupStore
    /// What is known of files by path: those that have not changed since are not read again.
    private var known: [String: BackupManifest.Entry]
    /// What was seen on the present way through the files.
    private(set) var entries: [BackupManifest.Entry] = []
    /// Files that the ledger named at the last try and that were not there.
    var missing: Set<String> = []
    private(set) var added = (files: 0, bytes: 0)

    init(store: BackupStore, known: [String: BackupManifest.Entry]) {
        self.store = store
        self.known = known
    }

    /// Begins a further way through the files, on which what was copied already is not read again.
    mutating func begin() {
        for entry in entries { known[entry.path] = entry }
        entries = []
    }

    /// Copies everything of a tree. Throws a ``FileFailure``.
    mutating func copy(_ tree: KeptTree) throws {
        try tree.forEach { path, place, status in
            guard var entry = Self.entry(path, place, status) else { return }
            if entry.kind == .file {
                if let former = known[path], former.isSame(as: entry), let digest = former.sha256, store.has(digest) {
                    entry.sha256 = digest
                } else {
                    do {
                        let (digest, bytes) = try take(place)
                        (entry.sha256, entry.bytes) = (digest, bytes)
                    } catch let failure as FileFailure where failure.number == ENOENT { return }
                }
            }
            entries.append(entry)
        }
    }

    /// Takes one file. Throws a ``FileFailure``.
    mutating func take(_ place: RawPath) throws -> (sha256: String, bytes: Int) {
        let descriptor = try place.openFile()
        defer { close(descriptor) }
        let (digest, bytes, isNew) = try store.takeNew(descriptor, place.description)
        if isNew { added = (added.files + 1, added.bytes + bytes) }
        return (digest, bytes)
    }

    /// What lies there; nil for what is no file, folder or link.
    private static func entry(_ path: String, _ place: RawPath, _ status: stat) -> BackupManifest.Entry? {
        var entry = BackupManifest.Entry(
            path: path, kind: .folder, mode: status.st_mode & 0o7777, owner: System.userName(status.st_uid),
            group: System.groupName(status.st_gid))
        switch status.st_mode & S_IFMT {
        case S_IFDIR: break
        case S_IFREG:
            entry.kind = .file
            entry.bytes = Int(status.st_size)
            entry.changed = Int(status.st_ctim.tv_sec) * 1_000_000_000 + Int(status.st_ctim.tv_nsec)
            entry.modified = Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
            entry.inode = UInt64(status.st_ino)
        case S_IFLNK:
            entry.kind = .link
            let target = place.withCString {
                try? FileManager.default.destinationOfSymbolicLink(atPath: String(cString: $0))
            }
            guard let target else { return nil }
            entry.target = target
        default: return nil
        }
        return entry
    }
}

extension BackupManifest.Entry {
    /// Whether a file is still what it was, as far as the kernel tells without reading it.
    func isSame(as other: Self) -> Bool {
        kind == other.kind && bytes == other.bytes && changed == other.changed && modified == other.modified
            && inode == other.inode
    }
}
