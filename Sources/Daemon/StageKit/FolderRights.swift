import ControlProtocol
import Foundation
import Places
import Platform

/// Who may do what in the daemon's folders.
///
/// The state is its user's alone. Members of the people's group pass through it to the drop folders, and put files
/// there that nobody but the daemon and whoever put them there can read, rename or remove. The people's group is none
/// of the daemon's own: its rights stand in access control lists. Under a root of its own everything is of whoever
/// started the daemon, and nothing is changed.
package struct FolderRights: Sendable {
    let layout: Layout
    private let people: UInt32?
    private let user: UInt32

    package init(_ layout: Layout) {
        self.init(layout, people: layout.root.isEmpty ? System.groupID(AccessGroups.user) : nil)
    }

    /// - Parameter people: the number of the group that may drop; nil changes nothing.
    package init(_ layout: Layout, people: UInt32?) {
        self.layout = layout
        self.people = people
        user = geteuid()
    }

    /// Closes the state to everybody else, and opens the way to the drop folders. What lies directly in the state is
    /// looked at on each start, everything below it once. Throws a ``FileFailure``.
    package func settle() throws {
        guard let people else { return }
        // Nobody but the administrator can make links of these.
        let state = try OpenFolder(layout.state, below: layout.state)
        let isNew = !FileManager.default.fileExists(atPath: layout.rightsMark)
        for name in try state.path.names() {
            try close(name, in: state.descriptor, isRecursive: isNew, isTop: true)
        }
        if isNew { try AtomicFile.write(Data("1\n".utf8), to: layout.rightsMark, mode: 0o600) }
        do { try give(AccessList(owner: 7, group: 1, groups: [people: 1]), to: state, layout.state) } catch let failure
            as FileFailure where failure.number == EOPNOTSUPP
        {
            // A file system without access control lists: each drop folder says so.
            return
        }
        let drops = try OpenFolder(layout.drops, below: layout.drops)
        try give(AccessList(owner: 7, group: 0, groups: [people: 5]), to: drops, layout.drops)
    }

    /// Lets people add files to a pipeline's own folder, and nothing else.
    ///
    /// Throws a ``FileFailure``.
    package func open(_ folder: OpenFolder, _ path: String) throws {
        guard let people else { return }
        // Sticky: nobody but its owner takes a file away, or gives it another name.
        if folder.status.st_mode & 0o7777 != 0o1770, fchmod(folder.descriptor, 0o1770) != 0 {
            throw FileFailure("say who may use it", path, errno: errno)
        }
        try give(AccessList(owner: 7, groups: [people: 7]), to: folder, path)
        let dropped = AccessList(owner: 7, users: [user: 7])
        guard !dropped.isSet(.inherited, on: folder.descriptor) else { return }
        try dropped.set(.inherited, on: folder.descriptor, path: path)
    }

    private func give(_ list: AccessList, to folder: OpenFolder, _ path: String) throws {
        guard folder.status.st_uid == user, !list.isSet(.access, on: folder.descriptor) else { return }
        try list.set(.access, on: folder.descriptor, path: path)
    }

    /// Takes from everybody else what they may do with an entry of the daemon's: through the descriptor, so that
    /// nothing that was put in its place is changed.
    private func close(_ name: [UInt8], in folder: Int32, isRecursive: Bool, isTop: Bool = false) throws {
        let isDrops = isTop && name == Array("drop".utf8)
        var name = name.map { CChar(bitPattern: $0) }
        name.append(0)
        let descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        // A link, a socket, or what is somebody else's: it lies in a folder that is closed.
        guard descriptor >= 0 else { return }
        defer { Foundation.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == user, !isDrops else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        guard isFolder || status.st_mode & S_IFMT == S_IFREG else { return }
        if status.st_mode & 0o077 != 0, fchmod(descriptor, status.st_mode & 0o700) != 0 {
            throw FileFailure("close it to others", shown(name), errno: errno)
        }
        guard isFolder, isRecursive else { return }
        let inner = RawPath(open: descriptor, as: RawPath(shown(name)))
        for name in try inner.names() { try close(name, in: descriptor, isRecursive: true) }
    }

    private func shown(_ name: [CChar]) -> String {
        RawPath.shown(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }
}
