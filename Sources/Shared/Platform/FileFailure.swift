import Foundation

/// A system call on a file that failed: which file, what was tried, why, and what to do.
package struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let action: String
    package let number: Int32

    package init(_ action: String, _ path: String, errno number: Int32) {
        self.path = path
        self.action = action
        self.number = number
    }

    package var reason: String { String(cString: strerror(number)) }
    /// Whether the disk, the quota or the inodes are used up.
    package var isFull: Bool { number == ENOSPC || number == EDQUOT }
    /// Whether the process or the system has no descriptor left.
    package var isOutOfFiles: Bool { number == EMFILE || number == ENFILE }
    /// Whether the file may be in order, and what failed is the machine below it, for now.
    package var isOfMachine: Bool {
        [EIO, ENOMEM, EAGAIN, EBUSY, ESTALE, ETIMEDOUT, EROFS, ENOLCK, ENODEV, ENXIO, EHOSTDOWN].contains(number)
    }
    /// What a person can do about it.
    package var remedy: String {
        switch number {
        case ENOSPC, EDQUOT: "Free space on that disk."
        case EACCES, EPERM: "Give the daemon's user access to it."
        case ENOENT: "Create it, or correct the path."
        case EROFS: "Mount that file system writable."
        case EMFILE, ENFILE: "Raise the limit on open files."
        case EIO: "Look at the disk: `dmesg` and `smartctl` say more."
        default: "Look at the file and its folder."
        }
    }
    package var description: String { "\(path): cannot \(action): \(reason). \(remedy)" }
}
