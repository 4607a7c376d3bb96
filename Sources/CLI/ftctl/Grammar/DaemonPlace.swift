import Foundation
import Nouns
import Places

/// Which daemon is spoken to: the one that is named, else the sandbox above the working folder, else the installed one.
struct DaemonPlace: Equatable {
    var layout: Layout
    var socket: String
    /// Whether nobody named it, and it is not the installed one: it is said then.
    var isFound = false

    /// What was found out about the machine.
    struct Surroundings {
        var environment: [String: String]
        var workingFolder: String
        /// The owner of a file, without following links; nil where there is none.
        var owner: (String) -> uid_t?
        /// Whose sockets are trusted: root's, the daemon's user's, and one's own.
        var trusted: Set<uid_t>
    }

    /// - Parameter root: the folder that was given by `--root`.
    ///
    /// Throws a Failure (`client.owner`) where the socket that was found is somebody else's.
    init(root: String?, _ surroundings: Surroundings) throws {
        let environment = surroundings.environment
        if let named = root ?? environment["FINETUNED_ROOT"] {
            let folder = URL(filePath: surroundings.workingFolder, directoryHint: .isDirectory)
            let layout = Layout(root: URL(filePath: named, relativeTo: folder).absoluteURL.standardizedFileURL.path)
            // A root on the command line counts for more than a socket of the environment.
            let socket = root == nil ? environment["FINETUNED_SOCKET"] : nil
            (self.layout, self.socket) = (layout, socket ?? layout.socket)
            return
        }
        let installed = Layout(root: "/")
        if let socket = environment["FINETUNED_SOCKET"] {
            (layout, self.socket) = (installed, socket)
            return
        }
        let sandbox = Self.folders(surroundings.workingFolder).map { Layout(root: $0 + "/sandbox") }
            .first { surroundings.owner($0.settings) != nil }
        // Without a daemon in either, the message is about the sandbox that one is in.
        let isInstalled = surroundings.owner(installed.socket) != nil
        if let sandbox, surroundings.owner(sandbox.socket) != nil || !isInstalled {
            (layout, isFound) = (sandbox, true)
        } else {
            layout = installed
        }
        socket = layout.socket
        guard let owner = surroundings.owner(socket), !surroundings.trusted.contains(owner) else { return }
        throw Failure(
            code: "client.owner", "The socket belongs to neither root, finetuned nor you, but to the user \(owner).",
            at: socket,
            remedy:
                "Where you trust that user, name the daemon by --root \(layout.root.isEmpty ? "/" : layout.root).")
    }

    /// The working folder and those above it.
    private static func folders(_ folder: String) -> [String] {
        // One that was removed has no path, and nothing above it.
        guard folder.hasPrefix("/") else { return [] }
        var folders: [String] = []
        var url = URL(filePath: folder).standardizedFileURL
        while url.path != "/" {
            folders.append(url.path)
            let above = url.deletingLastPathComponent()
            guard above.path.utf8.count < url.path.utf8.count else { break }
            url = above
        }
        return folders
    }
}

extension DaemonPlace.Surroundings {
    /// Of this process.
    static var own: Self {
        var trusted: Set<uid_t> = [0, getuid()]
        if let user = getpwnam("finetuned") { trusted.insert(user.pointee.pw_uid) }
        return Self(
            environment: ProcessInfo.processInfo.environment, workingFolder: FileManager.default.currentDirectoryPath,
            owner: { path in
                var status = stat()
                return lstat(path, &status) == 0 ? status.st_uid : nil
            }, trusted: trusted)
    }
}
