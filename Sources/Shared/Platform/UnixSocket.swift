import Foundation

/// Unix sockets by path; descriptors are the caller's, and no child process inherits them.
package enum UnixSocket {
    /// A new stream socket, or one of datagrams. Throws a FileFailure.
    package static func make(datagrams: Bool = false) throws -> Int32 {
        let kind = Int32((datagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue)
        let descriptor = socket(AF_UNIX, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FileFailure("make a socket", "", errno: errno) }
        return descriptor
    }

    /// Gives a socket its path. Throws a FileFailure.
    package static func bind(_ descriptor: Int32, to path: String) throws {
        guard try withAddress(path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw FileFailure("bind the socket", path, errno: errno)
        }
    }

    /// Connects a socket with whoever listens at a path. Throws a FileFailure.
    package static func connect(_ descriptor: Int32, to path: String) throws {
        guard try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw FileFailure("connect to the socket", path, errno: errno)
        }
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw FileFailure("use the socket", path, errno: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
