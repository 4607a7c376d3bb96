import Foundation
import Nouns
import Platform

/// What a pipeline's own drop folder was when it was last read, so that one that is deleted or unmounted is not taken
/// for an empty one. It lies beside the pipeline's claimed drops.
struct FolderMark: Codable, Hashable {
    /// Where the folder is, as the settings have it.
    var folder: String
    /// Whether it lay on another file system than the folder above it.
    var isMount: Bool

    /// Reads what was known. A mark that cannot be read says nothing.
    init?(at path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let mark = try? ContractCoding.decode(FolderMark.self, from: data)
        else { return nil }
        self = mark
    }

    /// What the folder is now. Throws a ``FileFailure``.
    init(of folder: String) throws {
        self.folder = folder
        let own = try RawPath(folder).status()
        // A link to a folder is read as the folder; anything else is none.
        var target = stat()
        guard stat(folder, &target) == 0, target.st_mode & S_IFMT == S_IFDIR else {
            throw FileFailure("read the folder", folder, errno: ENOTDIR)
        }
        let above = try RawPath((folder as NSString).deletingLastPathComponent).status()
        isMount = own.st_dev != above.st_dev
    }

    /// Throws a Failure (`drop.missing`, `drop.unmounted`) where `folder` was read before and is not what it was.
    static func check(_ folder: String, known: FolderMark?) throws {
        guard let known, known.folder == folder else { return }
        var status = stat()
        guard lstat(folder, &status) == 0 || errno != ENOENT else {
            throw Failure(
                code: "drop.missing", "The drop folder is not there any more.", at: folder,
                remedy: "Make it again, or mount it; it is read again by itself.")
        }
        guard known.isMount, try !FolderMark(of: folder).isMount else { return }
        throw Failure(
            code: "drop.unmounted",
            "The drop folder was on a file system of its own, which is not mounted; what lies there now is not read.",
            at: folder,
            remedy: """
                Mount it again. If it is to be a plain folder from now on, name it differently in `drop`, or remove \
                the mark that the daemon keeps of it (docs/operating.md).
                """)
    }

    func write(to path: String) throws {
        try AtomicFile.write(try ContractCoding.encode(self), to: path)
    }
}
