import Foundation
import Synchronization

/// A small HTTP server on 127.0.0.1 that answers with the given statuses in turn and keeps what it was sent.
final class Receiver: Sendable {
    struct Request: Sendable {
        var headers: [String: String]
        var body: Data
    }
    struct CannotListen: Error {}

    let port: UInt16
    private let listener: Int32
    private let kept = Mutex<[Request]>([])

    init(folder: String, answers: [Int]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(socket, raw, size) == 0 && listen(socket, 8) == 0 && getsockname(socket, raw, &size) == 0
            }
        }
        guard bound else { throw CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            for status in answers {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                serve(client, status)
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    func requests() -> [Request] { kept.withLock { $0 } }

    private func serve(_ client: Int32, _ status: Int) {
        defer { close(client) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            data.append(contentsOf: buffer[..<count])
            guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { continue }
            var headers: [String: String] = [:]
            for line in String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                .dropFirst()
            {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                    in: .whitespaces)
            }
            let body = data[end.upperBound...]
            guard let length = headers["content-length"].flatMap({ Int($0) }), body.count >= length else { continue }
            kept.withLock { $0.append(Request(headers: headers, body: Data(body.prefix(length)))) }
            let answer = "HTTP/1.1 \(status) X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            _ = answer.withCString { write(client, $0, strlen($0)) }
            return
        }
    }
}
