import CPlatform
import Foundation

/// A path as the kernel has it: bytes that need not be text, since a file's name may hold anything but `/` and NUL.
package struct RawPath: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]
    /// The open folder that it begins with, where it does.
    private let anchor: Anchor?

    /// An open folder: how it is named to the kernel, and how to people.
    private struct Anchor: Hashable {
        var length: Int
        var shown: [UInt8]
    }

    package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// An open folder itself: whatever its path leads to by now, everything below this one is looked for in the folder
    /// that was opened. It holds for as long as the descriptor is open.
    ///
    /// The kernel resolves `/proc/self/fd/N/NAME` from the descriptor as it does with openat(2).
    package init(open descriptor: Int32, as path: RawPath) {
        bytes = Array("/proc/self/fd/\(descriptor)".utf8)
        anchor = Anchor(length: bytes.count, shown: path.shownBytes)
    }

    private init(bytes: [UInt8], anchor: Anchor? = nil) {
        self.bytes = bytes
        self.anchor = anchor
    }

    /// The entry `name` of this folder.
    package func appending(_ name: [UInt8]) -> RawPath {
        RawPath(bytes: bytes + [UInt8(ascii: "/")] + name, anchor: anchor)
    }

    /// The folder that it lies in; `.` for a mere name.
    package var folder: RawPath {
        if let anchor, bytes.count <= anchor.length { return appending(Array("..".utf8)) }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return RawPath(".") }
        return slash == 0 ? RawPath("/") : RawPath(bytes: Array(bytes[..<slash]), anchor: anchor)
    }

    /// For people: control characters escaped, and bytes that are no text as U+FFFD.
    package var description: String { Self.shown(shownBytes) }

    private var shownBytes: [UInt8] { anchor.map { $0.shown + bytes.dropFirst($0.length) } ?? bytes }

    /// A name for people and logs: one line, whatever the name holds.
    package static func shown(_ name: some Collection<UInt8>) -> String {
        ShownText.line(String(decoding: name, as: UTF8.self))
    }

    /// Calls `body` with the path as C takes it.
    package func withCString<T>(_ body: (UnsafePointer<CChar>) throws -> T) rethrows -> T {
        var text = bytes.map { CChar(bitPattern: $0) }
        text.append(0)
        return try text.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return try "".withCString(body) }
            return try body(start)
        }
    }

    /// What lies there, a link itself and not what it points to. Throws ``FileFailure``.
    package func status() throws -> stat {
        var status = stat()
        guard withCString({ lstat($0, &status) }) == 0 else {
            throw FileFailure("look at it", description, errno: errno)
        }
        return status
    }

    private static let reading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY

    /// Opens a plain file for reading: it never follows a link or waits, whatever somebody has put in its place. Throws
    /// ``FileFailure``.
    package func openFile() throws -> Int32 { try plain(withCString { open($0, Self.reading) }) }

    /// Opens the plain file `name` below this folder. No folder on the way may be a link either, since whoever dropped
    /// it may have gone on changing it. Throws ``FileFailure``.
    package func openFile(below name: [UInt8]) throws -> Int32 {
        var folder = withCString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        var parts = name.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard folder >= 0, let last = parts.popLast() else {
            throw FileFailure("open it", description, errno: folder < 0 ? errno : EISDIR)
        }
        defer { close(folder) }
        for part in parts {
            let next = RawPath(bytes: part).withCString {
                openat(folder, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard next >= 0 else { throw FileFailure("open it", appending(name).description, errno: errno) }
            close(folder)
            folder = next
        }
        return try appending(name).plain(RawPath(bytes: last).withCString { openat(folder, $0, Self.reading) })
    }

    /// The descriptor of what is a plain file indeed.
    private func plain(_ descriptor: Int32) throws -> Int32 {
        guard descriptor >= 0 else { throw FileFailure("open it", description, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileFailure("read it as a plain file", description, errno: EINVAL)
        }
        return descriptor
    }

    /// Whether programs may write to a file that is open here.
    package enum Writers: Sendable {
        /// No program has it open for writing, and it has no other name by which one could open it.
        case none
        /// Some program has it open for writing.
        case some
        /// The kernel does not say, as for the files of other users and on network file systems.
        case unknown
    }

    /// Who may be writing to an open file.
    package static func writers(_ descriptor: Int32) -> Writers {
        // F_SETLEASE with a read lease: refused with EAGAIN exactly while there is a writer.
        guard fcntl(descriptor, 1024, Int32(F_RDLCK)) != 0 else {
            _ = fcntl(descriptor, 1024, Int32(F_UNLCK))
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_nlink <= 1 ? .none : .unknown
        }
        return errno == EAGAIN && ft_is_remote(descriptor) == 0 ? .some : .unknown
    }

    /// Whether some program has the open file open for writing. False where the kernel will not say.
    package static func isBeingWritten(_ descriptor: Int32) -> Bool { writers(descriptor) == .some }

    /// The names in this folder, sorted by their bytes, without `.` and `..`. Throws ``FileFailure``.
    package func names() throws -> [[UInt8]] {
        guard let folder = withCString({ opendir($0) }) else {
            throw FileFailure("read the folder", description, errno: errno)
        }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileFailure("read the folder", description, errno: errno) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
