import Foundation

/// The process at the other end of a Unix socket when it connected, as the kernel knows it.
package struct SocketPeer: Hashable, Sendable {
    package let process: Int32
    package let user: UInt32
    /// Its group and its further ones.
    package let groups: Set<UInt32>

    package init(process: Int32, user: UInt32, groups: Set<UInt32>) {
        self.process = process
        self.user = user
        self.groups = groups
    }

    /// Nil where the socket does not say, as one of another kind.
    package init?(_ descriptor: Int32) {
        // `struct ucred` of <sys/socket.h>: process, user, group.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, credentials.pid > 0 else {
            return nil
        }
        process = credentials.pid
        user = credentials.uid
        groups = Self.furtherGroups(descriptor).union([credentials.gid])
    }

    /// SO_PEERGROUPS of <asm-generic/socket.h>, which no header of the C library has.
    private static let peerGroups: Int32 = 59

    private static func furtherGroups(_ descriptor: Int32) -> Set<UInt32> {
        var groups = [UInt32](repeating: 0, count: 64)
        while groups.count <= 65_536 {
            var size = socklen_t(groups.count * MemoryLayout<UInt32>.size)
            if getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &size) == 0 {
                return Set(groups.prefix(Int(size) / MemoryLayout<UInt32>.size))
            }
            guard errno == ERANGE else { return [] }
            groups = [UInt32](repeating: 0, count: max(groups.count * 4, Int(size) / MemoryLayout<UInt32>.size))
        }
        return []
    }
}
