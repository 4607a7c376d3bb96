import Foundation
import Nouns
import WorkerProtocol

/// The connection to the serving worker: orders out, events in, each on a thread of its own.
final class ServingLink: @unchecked Sendable {
    private let descriptor: Int32
    private let sending = DispatchQueue(label: "serving.send")

    /// Connects to the worker's socket. Throws a Failure.
    init(path: String) throws {
        func fault(_ number: Int32) -> Failure {
            Failure(
                code: "serving.unreachable", "The serving worker cannot be reached.", at: path,
                remedy: "See stderr.log beside it.", cause: String(cString: strerror(number)))
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw fault(ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw fault(errno) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            let number = errno
            Foundation.close(descriptor)
            throw fault(number)
        }
    }

    // The reading thread has left by then, and nothing waits to be sent.
    deinit { Foundation.close(descriptor) }

    /// Gives `onEvent` what the worker says, until it is gone; then calls `onEnd`.
    func start(onEvent: @escaping @Sendable (ServingEvent) -> Void, onEnd: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            self.read(onEvent)
            onEnd()
        }
    }

    /// An order as it is sent.
    static func line(_ order: ServingOrder) throws -> Data { try ContractCoding.encode(order) + Data("\n".utf8) }

    /// Sends lines in this order; a worker that is gone is noticed by the reader.
    func send(_ lines: [Data]) {
        guard !lines.isEmpty else { return }
        sending.async { for line in lines where !self.put(line) { return } }
    }

    /// Ends the connection.
    func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func put(_ data: Data) -> Bool {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count,
                    Int32(MSG_NOSIGNAL))
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    private func read(_ onEvent: (ServingEvent) -> Void) {
        var buffer = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            buffer.append(contentsOf: chunk[..<count])
            while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(buffer[buffer.startIndex..<end])
                buffer = Data(buffer[(end + 1)...])
                // A worker that says what nobody understands is of another version: it is left.
                guard let event = try? ContractCoding.decode(ServingEvent.self, from: line) else { return self.end() }
                onEvent(event)
            }
        }
    }

}
