import Foundation
import Nouns
import Places
import Platform
import Settings
import StageKit

/// A pipeline's drop folder, opened once for a pass: everything is looked at and claimed through the descriptor, so
/// that whatever takes the folder's place meanwhile is never touched.
struct DropDoor {
    let folder: OpenFolder
    /// What lies in it is named below this.
    var path: RawPath { folder.path }

    /// Opens the daemon's own folder of a pipeline, which is made where it is not there. Throws a Failure
    /// (`drop.owner`, `drop.link`) or a ``FileFailure``.
    init(own path: String, _ layout: Layout, _ rights: FolderRights) throws {
        try AtomicFile.makeFolder(path, mode: 0o1770)
        folder = try Self.open(path, below: layout.drops)
        guard folder.status.st_uid == geteuid() else {
            throw Failure(
                code: "drop.owner",
                "The drop folder belongs to \(System.userName(folder.status.st_uid)), and the daemon makes its own.",
                at: path, remedy: "Take what lies in it and remove it; the daemon makes it anew.")
        }
        try rights.open(folder, path)
    }

    /// Opens a folder of the person's own. Throws a Failure (`drop.link`, `drop.place`) or a ``FileFailure``.
    init(given path: String, _ layout: Layout) throws {
        folder = try Self.open(path, below: "/")
        let chain = folder.chain()
        for (what, place) in [("state", layout.state), ("settings", layout.settings), ("run folder", layout.runtime)] {
            guard let own = try? OpenFolder(place, below: place) else { continue }
            guard !chain.contains(own.identity), !own.chain().contains(folder.identity) else {
                throw Self.misplaced(path, "the daemon's own \(what), \(place)")
            }
        }
    }

    private static func open(_ path: String, below trusted: String) throws -> OpenFolder {
        do { return try OpenFolder(path, below: trusted) } catch let failure as FileFailure
            where failure.number == ELOOP
        {
            let real = realpath(path, nil).map { real in
                defer { free(real) }
                return String(cString: real)
            }
            throw Failure(
                code: "drop.link", "The way to the drop folder leads over a symbolic link, which is never followed.",
                at: path, remedy: real.map { "Name the folder itself: \($0)" } ?? "Name the folder itself.")
        }
    }

    static func misplaced(_ path: String, _ other: String) -> Failure {
        Failure(
            code: "drop.place", "The drop folder is, holds or lies in \(other).", at: path,
            remedy: "Name a folder apart from it in 'drop'.")
    }
}
