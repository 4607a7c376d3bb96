import Foundation
import Platform

/// The kernel that this process runs on.
package struct OwnKernelFiles: KernelFiles {
    package init() {}

    package func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &piece, piece.count)
            // Pressure that the kernel does not count reads as an error.
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        // The kernel takes such a file whole or not at all.
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw FileFailure("write \"\(text)\" to it", path, errno: errno)
        }
    }

    package func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw FileFailure("make it", path, errno: errno)
        }
    }

    package func removeFolder(_ path: String) throws {
        guard rmdir(path) == 0 || errno == ENOENT else { throw FileFailure("remove it", path, errno: errno) }
    }

    package func names(in folder: String) -> [String] {
        // A folder that cannot be read holds nothing that could be used.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    package func isDelegated(_ group: String) -> Bool {
        if System.hasAttribute(group, "user.delegate") == true { return true }
        // Before systemd 251 only root could see that mark. A unit's group belongs to the unit's user where it is
        // delegated, and to root otherwise.
        var look = stat()
        return geteuid() != 0 && group.hasSuffix(".service") && stat(group, &look) == 0 && look.st_uid == geteuid()
    }
}
