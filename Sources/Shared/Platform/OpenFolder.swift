import Foundation

/// A folder that was opened once: what its path leads to later changes nothing.
package final class OpenFolder: Sendable {
    package let descriptor: Int32
    /// What lies in it is named below this, which holds for as long as this object lives.
    package let path: RawPath
    /// What was opened.
    package let status: stat

    /// Follows no link on the way. Throws a ``FileFailure``; where the way leads over a link its number is ELOOP, and
    /// where over what is no folder ENOTDIR.
    ///
    /// - Parameter trusted: a folder above it up to where links are followed, since nobody else can change the way.
    package init(_ path: String, below trusted: String = "/") throws {
        let rest = path.hasPrefix(trusted) ? path.dropFirst(trusted.count) : path[...]
        let names = rest.split(separator: "/").map(String.init)
        var folder = open(trusted, (names.isEmpty ? O_RDONLY : Self.passing) | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FileFailure("open the folder", path, errno: errno) }
        for (index, name) in names.enumerated() {
            let flags = index == names.count - 1 ? O_RDONLY : Self.passing
            let next = openat(folder, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let reason = next < 0 && Self.isLink(name, in: folder) ? ELOOP : errno
            close(folder)
            guard next >= 0 else { throw FileFailure("open the folder", path, errno: reason) }
            folder = next
        }
        var status = stat()
        guard fstat(folder, &status) == 0 else {
            let reason = errno
            close(folder)
            throw FileFailure("look at the folder", path, errno: reason)
        }
        descriptor = folder
        self.status = status
        self.path = RawPath(open: folder, as: RawPath(path))
    }

    deinit { close(descriptor) }

    /// <fcntl.h>, O_PATH: for going through a folder that need not be readable.
    private static let passing: Int32 = 0o10000000

    private static func isLink(_ name: String, in folder: Int32) -> Bool {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Which folder it is.
    package var identity: FileIdentity { FileIdentity(status) }

    /// It and the folders that it lies in, up to the root.
    package func chain() -> [FileIdentity] {
        var chain = [identity]
        var present = dup(descriptor)
        defer { close(present) }
        while true {
            let next = openat(present, "..", Self.passing | O_DIRECTORY | O_CLOEXEC)
            guard next >= 0 else { return chain }
            close(present)
            present = next
            var status = stat()
            guard fstat(present, &status) == 0, FileIdentity(status) != chain.last else { return chain }
            chain.append(FileIdentity(status))
        }
    }
}
