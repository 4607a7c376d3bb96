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
    /// Whose it was, by number; marks of earlier versions do not say.
    var owner: UInt32?

    /// Reads what was known. A mark that cannot be read says nothing.
    init?(at path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let mark = try? ContractCoding.decode(FolderMark.self, from: data)
        else { return nil }
        self = mark
    }

    /// What the folder is now. Throws a ``FileFailure``.
    init(of folder: String, _ open: OpenFolder) throws {
        self.folder = folder
        isMount = try open.status.st_dev != open.path.folder.status().st_dev
        owner = open.status.st_uid
    }

    /// Throws a Failure (`drop.exchanged`) where the same folder was somebody else's when it was read last.
    func checkOwner(_ known: FolderMark?) throws {
        guard let known, known.folder == folder, let former = known.owner, let owner, former != owner else { return }
        throw Failure(
            code: "drop.exchanged",
            "The drop folder belonged to \(System.userName(former)), and belongs to \(System.userName(owner)) now.",
            at: folder,
            remedy: """
                Put back the folder that was there. If the new one is meant, remove the mark that the daemon keeps of \
                it (docs/operating.md).
                """)
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
        guard known.isMount, try !FolderMark(of: folder, OpenFolder(folder)).isMount else { return }
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
