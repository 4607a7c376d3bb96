import Foundation

/// A Unix socket that answers by a script: each connection is served by `serve` on a thread of its own.
final class SocketServer: Sendable {
    struct CannotListen: Error {}

    /// One accepted connection.
    struct Connection {
        let descriptor: Int32

        /// Reads up to the empty line.
        func head() -> String {
            var head = Data()
            var byte: UInt8 = 0
            while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)), read(descriptor, &byte, 1) == 1 {
                head.append(byte)
            }
            return String(decoding: head, as: UTF8.self)
        }

        /// Reads so many bytes, or what there is before the end.
        func body(_ count: Int) -> Data {
            var data = Data()
            var buffer = [UInt8](repeating: 0, count: 65536)
            while data.count < count {
                let got = read(descriptor, &buffer, min(buffer.count, count - data.count))
                if got <= 0 { break }
                data.append(contentsOf: buffer[..<got])
            }
            return data
        }

        /// False once the client has left.
        @discardableResult
        func answer(_ text: String) -> Bool { answer(Data(text.utf8)) }

        @discardableResult
        func answer(_ data: Data) -> Bool {
            data.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let piece = UnsafeRawBufferPointer(rebasing: rest)
                    let count = send(descriptor, piece.baseAddress, piece.count, Int32(MSG_NOSIGNAL))
                    if count <= 0 { return false }
                    rest = rest.dropFirst(count)
                }
                return true
            }
        }
    }

    let path: String
    private let listener: Int32

    init(_ path: String, backlog: Int32 = 64, serve: (@Sendable (Connection) -> Void)?) throws {
        self.path = path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let listener = listener
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(listener, backlog) == 0
            }
        }
        guard isBound else { throw CannotListen() }
        guard let serve else { return }
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread {
                    serve(Connection(descriptor: client))
                    close(client)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        unlink(path)
    }
}
