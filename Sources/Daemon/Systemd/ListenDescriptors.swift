import CSystemd
import Glibc

/// The sockets that systemd opened before it started the daemon (sd_listen_fds(3)).
package struct ListenDescriptors: Sendable {
    /// One passed descriptor and the name that `FileDescriptorName=` gave it (`unknown` where it gave none).
    package struct Entry: Hashable, Sendable {
        package let descriptor: Int32
        package let name: String
    }

    /// In the order of the socket unit's `Listen…` lines.
    package let entries: [Entry]

    /// Reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`, and marks every descriptor close-on-exec.
    ///
    /// Empty where there are none, where they are meant for another process, or where the values make no sense.
    package init(
        environment: [String: String] = ProcessEnvironment.current, processID: Int32 = getpid(), first: Int32 = 3
    ) {
        guard environment["LISTEN_PID"].flatMap(Int32.init) == processID,
            let count = environment["LISTEN_FDS"].flatMap(Int32.init), count > 0, count <= 1024
        else {
            entries = []
            return
        }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        entries = (0..<count).compactMap { index in
            let descriptor = first + index
            let flags = fcntl(descriptor, F_GETFD)
            guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else { return nil }
            let name = Int(index) < names.count ? String(names[Int(index)]) : "unknown"
            return Entry(descriptor: descriptor, name: name)
        }
    }

    /// The first passed descriptor of that name that is a listening socket of TCP; the caller owns it from now on.
    package func networkListener(named name: String) -> Int32? {
        entries.first { entry in
            entry.name == name
                && [AF_INET, AF_INET6].contains { family in
                    sd_is_socket_inet(entry.descriptor, family, Int32(SOCK_STREAM.rawValue), 1, 0) > 0
                }
        }?.descriptor
    }

    /// The first passed descriptor that is a listening Unix stream socket, on `path` where one is given.
    ///
    /// The caller owns it from now on; systemd keeps its own copy, so closing it loses no connection.
    package func unixListener(path: String? = nil) -> Int32? {
        entries.first { entry in
            if let path {
                return sd_is_socket_unix(entry.descriptor, Int32(SOCK_STREAM.rawValue), 1, path, 0) > 0
            }
            return sd_is_socket_unix(entry.descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0
        }?.descriptor
    }
}
