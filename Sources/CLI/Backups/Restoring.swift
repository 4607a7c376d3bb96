import Foundation
import Nouns
import Places
import Platform

/// Puts a daemon's files back from a backup, where there are none: the ledger comes last, so that a daemon that is
/// started too early finds nothing rather than half of it.
package struct Restoring {
    let layout: Layout
    let store: BackupStore

    package init(_ layout: Layout, from folder: String) {
        self.layout = layout
        store = BackupStore(folder: folder)
    }

    /// What came of it.
    package struct Outcome {
        package let manifest: BackupManifest
        /// Settings that were there and differ from the backup's: they stay as they are.
        package let kept: [String]
    }

    /// Lies in the state while it is being restored: what is there then is of this program.
    private var mark: String { layout.state + "/.restoring" }

    /// Restores the backup of a name, or the newest (nil).
    ///
    /// Throws a ``FileFailure``, and a Failure: `backup.unknown`, `restore.root` where the backup is of another root,
    /// `restore.present` where there is state already, `daemon.running`, `backup.damaged` where an object is not what
    /// it was.
    package func restore(_ id: String?) throws -> Outcome {
        guard let id = try id ?? store.all().last else {
            throw Failure(
                code: "backup.unknown", "The folder has no backup.", at: store.folder,
                remedy: "Name the folder that was given to `ftctl backup`.")
        }
        let manifest = try store.manifest(id)
        guard manifest.root == layout.root else {
            throw Failure(
                code: "restore.root",
                """
                The backup is of the daemon of \(Self.shown(manifest.root)), whose ledger names its files by their \
                paths; this is \(Self.shown(layout.root)).
                """,
                at: store.folder, remedy: "Restore it there: `ftctl restore DIR --root \(Self.shown(manifest.root))`.")
        }
        try AtomicFile.makeFolder(layout.state)
        let lock = try takeLock()
        defer { withExtendedLifetime(lock) {} }
        try refuseWhatIsThere()
        try AtomicFile.write(Data(id.utf8), to: mark)
        let kept = try putBack(manifest)
        sync()
        try put(manifest.ledger, RawPath(layout.ledger), mode: 0o600)
        try own(RawPath(layout.ledger), like: layout.state)
        sync()
        guard unlink(mark) == 0 else { throw FileFailure("remove it", mark, errno: errno) }
        return Outcome(manifest: manifest, kept: kept)
    }

    private static func shown(_ root: String) -> String { root.isEmpty ? "/" : root }

    private func takeLock() throws -> FileLock {
        do { return try FileLock(folder: layout.state, file: layout.lock) } catch let failure as FileFailure
            where failure.number == EWOULDBLOCK
        {
            throw Failure(
                code: "daemon.running", "A daemon has this state.", at: layout.state,
                remedy: "Stop it first: systemctl stop finetuned.socket finetuned.")
        }
    }

    private func refuseWhatIsThere() throws {
        guard !FileManager.default.fileExists(atPath: mark) else { return }
        guard let first = try firstFile(in: layout.state) else { return }
        throw Failure(
            code: "restore.present", "There is state already, such as \(first); nothing is written over it.",
            at: layout.state, remedy: "Move \(layout.state) away first.")
    }

    /// A file below a folder, other than the daemon's lock; nil where there are folders alone.
    private func firstFile(in folder: String) throws -> String? {
        for name in try FolderListing.names(folder).sorted() where name != "lost+found" {
            let path = folder + "/" + name
            if path == layout.lock { continue }
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else { return path }
            if let file = try firstFile(in: path) { return file }
        }
        return nil
    }

    /// Settings that were there and differ.
    private func putBack(_ manifest: BackupManifest) throws -> [String] {
        let settings = below(layout.settings)
        var kept: [String] = []
        for entry in manifest.entries {
            let place = try place(entry)
            let isSetting = entry.path == settings || entry.path.hasPrefix(settings + "/")
            switch entry.kind {
            case .folder: try makeFolder(place)
            case .link: try putLink(entry, place)
            case .file:
                guard let digest = entry.sha256 else { continue }
                if isSetting, let there = try digestOfFile(place) {
                    if there != digest { kept.append(place.description) }
                    continue
                }
                try put(digest, place, mode: entry.mode)
            }
            try own(place, entry)
        }
        // A folder that nobody may write to is made so once it is full.
        for entry in manifest.entries.reversed() where entry.kind == .folder {
            let place = try place(entry)
            guard place.withCString({ chmod($0, entry.mode) }) == 0 else {
                throw FileFailure("give it its mode", place.description, errno: errno)
            }
        }
        return kept
    }

    /// The digest of a plain file; nil where there is none.
    private func digestOfFile(_ place: RawPath) throws -> String? {
        guard place.withCString({ access($0, F_OK) }) == 0 else { return nil }
        let descriptor = try place.openFile()
        defer { close(descriptor) }
        return try Digest.sha256(descriptor: descriptor, path: place.description)
    }

    private func makeFolder(_ place: RawPath) throws {
        if place.withCString({ mkdir($0, 0o750) }) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw FileFailure("make the folder", place.description, errno: errno) }
        try AtomicFile.makeFolder(place.description)
    }

    private func putLink(_ entry: BackupManifest.Entry, _ place: RawPath) throws {
        guard let target = entry.target else { return }
        guard place.withCString({ unlink($0) }) == 0 || errno == ENOENT else {
            throw FileFailure("remove it", place.description, errno: errno)
        }
        guard place.withCString({ symlink(target, $0) }) == 0 else {
            throw FileFailure("make the link", place.description, errno: errno)
        }
    }

    /// A path below the root.
    private func below(_ path: String) -> String { String(path.dropFirst(layout.root.count + 1)) }

    /// Where an entry goes. Throws a Failure (`backup.format`) where its path leads elsewhere.
    private func place(_ entry: BackupManifest.Entry) throws -> RawPath {
        let parts = entry.path.split(separator: "/", omittingEmptySubsequences: false)
        let names = parts.compactMap { PathText.name($0) }
        let isInside = [layout.settings, layout.state].map(below).contains {
            entry.path == $0 || entry.path.hasPrefix($0 + "/")
        }
        let isName = { (name: [UInt8]) in
            !name.isEmpty && name != [46] && name != [46, 46] && !name.contains(0) && !name.contains(47)
        }
        guard isInside, names.count == parts.count, names.allSatisfy(isName) else {
            throw Failure(
                code: "backup.format", "The backup names the path '\(entry.path)', which is none of a daemon.",
                at: store.folder, remedy: "Take an earlier backup.")
        }
        return names.reduce(RawPath(layout.root)) { $0.appending($1) }
    }

    /// Writes an object under its name, which it has only once it is whole and what it was.
    private func put(_ digest: String, _ place: RawPath, mode: UInt32) throws {
        let object = store.path(digest)
        let source = open(object, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw FileFailure("open it", object, errno: errno) }
        defer { close(source) }
        let temporary = place.folder.appending(Array(".restoring.\(getpid()).tmp".utf8))
        _ = temporary.withCString { unlink($0) }
        let target = temporary.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        guard target >= 0 else { throw FileFailure("make the file", temporary.description, errno: errno) }
        defer { close(target) }
        do {
            guard try BackupStore.copy(source, object, to: target, temporary.description).0 == digest else {
                throw Failure(
                    code: "backup.damaged", "An object of the backup is not what it was.", at: object,
                    remedy: "Take another copy of the backup, or an earlier backup.")
            }
            guard fchmod(target, mode) == 0,
                temporary.withCString({ from in place.withCString { rename(from, $0) } }) == 0
            else { throw FileFailure("put it into its place", place.description, errno: errno) }
        } catch {
            _ = temporary.withCString { unlink($0) }
            throw error
        }
    }

    /// Root gives everything its owner; for anybody else it stays his own.
    private func own(_ place: RawPath, _ entry: BackupManifest.Entry) throws {
        guard geteuid() == 0 else { return }
        try setOwner(place, System.number(user: entry.owner), System.number(group: entry.group))
        // A change of owner takes set-group bits away.
        guard entry.kind == .file, entry.mode & 0o6000 != 0 else { return }
        guard place.withCString({ chmod($0, entry.mode) }) == 0 else {
            throw FileFailure("give it its mode", place.description, errno: errno)
        }
    }

    private func own(_ place: RawPath, like other: String) throws {
        guard geteuid() == 0 else { return }
        let status = try RawPath(other).status()
        try setOwner(place, status.st_uid, status.st_gid)
    }

    private func setOwner(_ place: RawPath, _ user: UInt32?, _ group: UInt32?) throws {
        guard place.withCString({ lchown($0, user ?? .max, group ?? .max) }) == 0 else {
            throw FileFailure("give it its owner", place.description, errno: errno)
        }
    }
}
