import Foundation

/// The service manager's end of the notify protocol: a datagram socket of a test's own.
final class NotifyReceiver: Sendable {
    let address: String
    private let descriptor: Int32
    private let folder: String?

    /// - Parameter abstract: an abstract name (as containers give) instead of a path.
    init(abstract: Bool = false) throws {
        let unique = "ft-notify-" + UUID().uuidString.prefix(8)
        if abstract {
            folder = nil
            address = "@" + unique
        } else {
            let folder = NSTemporaryDirectory() + "/" + unique
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            self.folder = folder
            address = folder + "/socket"
        }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { path in
            path.copyBytes(from: address.utf8)
            if abstract { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.utf8.count + (abstract ? 0 : 1))
        let bound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit {
        close(descriptor)
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// The next datagram's lines; nil where none waits.
    func next() -> [String]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
