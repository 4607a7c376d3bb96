import Foundation
import Platform

/// What a service manager would be told, read from a datagram socket.
final class NotifyListener {
    let path: String
    private let descriptor: Int32

    init(_ folder: String) throws {
        path = folder + "/notify"
        descriptor = try UnixSocket.make(datagrams: true)
        try UnixSocket.bind(descriptor, to: path)
    }

    deinit { close(descriptor) }

    /// Everything that has been told since the last call.
    func told() -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            lines += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return lines
    }
}
