import CPlatform
import Foundation

/// A listening stream socket, of Unix or of TCP, closed with the object.
package final class ListeningSocket: Sendable {
    package let descriptor: Int32
    /// Nil where the socket is somebody else's.
    private let path: String?

    /// Takes over a socket that somebody else made; owned from now on. Throws a FileFailure.
    package init(adopting descriptor: Int32) throws {
        self.descriptor = descriptor
        path = nil
        try Self.letNobodyWait(descriptor)
    }

    /// Makes the socket at `path`, for the owner and the group, in the place of one that a killed daemon left behind:
    /// the state's lock says that none is alive. Throws a FileFailure.
    package init(path: String) throws {
        let descriptor = try UnixSocket.make()
        do {
            unlink(path)
            try UnixSocket.bind(descriptor, to: path)
            // The folder decides who may connect; group members may.
            chmod(path, 0o660)
            guard listen(descriptor, Int32(SOMAXCONN)) == 0 else {
                throw FileFailure("listen on it", path, errno: errno)
            }
            try Self.letNobodyWait(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Makes a socket of TCP. Throws a FileFailure.
    package init(address: NetworkAddress) throws {
        let family = address.bytes.count == 4 ? AF_INET : AF_INET6
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FileFailure("make a socket for", "\(address)", errno: errno) }
        do {
            var yes: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            // A daemon that is started again takes the port of connections that are just ending.
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
            // [::] is IPv6 alone, as it says.
            if family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) }
            guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
                throw FileFailure("listen on", "\(address)", errno: errno)
            }
            guard listen(descriptor, Int32(SOMAXCONN)) == 0 else {
                throw FileFailure("listen on", "\(address)", errno: errno)
            }
            try Self.letNobodyWait(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        path = nil
    }

    deinit { close(descriptor) }

    /// Removes the socket from its place, where this object has made it.
    package func remove() {
        if let path { unlink(path) }
    }

    /// The next connection, which is the caller's and never blocks; nil where nobody waits (any more).
    ///
    /// Throws a FileFailure.
    package func accept() throws(FileFailure) -> Int32? {
        let connection = ft_accept(descriptor)
        if connection >= 0 { return connection }
        switch errno {
        case EAGAIN, EINTR, ECONNABORTED: return nil
        default: throw FileFailure("accept on it", path ?? "the control socket", errno: errno)
        }
    }

    /// Another daemon may take the connection that this one was told of.
    private static func letNobodyWait(_ descriptor: Int32) throws {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw FileFailure("prepare the socket", "descriptor \(descriptor)", errno: errno)
        }
    }
}
