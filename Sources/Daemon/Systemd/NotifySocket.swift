import CSystemd
import Glibc

/// The datagram socket of the service manager, by path or by abstract name (`@…`).
struct NotifySocket: Sendable {
    private let address: String

    /// - Parameter address: the value of `NOTIFY_SOCKET`; nil for anything but a path or an abstract name that fits.
    init?(address: String) {
        guard let first = address.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            address.utf8.count > 1, address.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        self.address = address
    }

    /// Sends one datagram; a manager that has gone or is slow is no fault of the daemon's and only gives false.
    func send(_ text: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var destination = sockaddr_un()
        destination.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &destination.sun_path) { path in
            path.copyBytes(from: address.utf8)
            if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        // An abstract name ends where the length says; a path also counts its closing zero.
        let abstract = address.utf8.first == UInt8(ascii: "@")
        let prefix = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: destination.sun_path)
        let length = socklen_t(prefix + address.utf8.count + (abstract ? 0 : 1))
        let bytes = Array(text.utf8)
        let sent = withUnsafePointer(to: &destination) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return sent == bytes.count
    }
}
