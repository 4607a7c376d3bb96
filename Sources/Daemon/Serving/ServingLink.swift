import Foundation
import Nouns
import Platform
import WorkerProtocol

/// The connection to the serving worker: orders out, events in, each on a thread of its own.
final class ServingLink: @unchecked Sendable {
    /// Bytes that a line of the worker may have.
    private static let longestLine = 64 << 20

    private let descriptor: Int32
    private let sending = DispatchQueue(label: "serving.send")

    /// Connects to the worker's socket. Throws a Failure.
    init(path: String) throws {
        do {
            let descriptor = try UnixSocket.make()
            do { try UnixSocket.connect(descriptor, to: path) } catch {
                Foundation.close(descriptor)
                throw error
            }
            self.descriptor = descriptor
        } catch let failure as FileFailure {
            throw Failure(
                code: "serving.unreachable", "The serving worker cannot be reached.", at: path,
                remedy: "See stderr.log beside it.", cause: failure.reason)
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
        var lines = LineCutter(longest: Self.longestLine)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            chunk.withUnsafeBytes { bytes in
                lines.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
                    // A worker that says what nobody understands is of another version: it is left.
                    guard let line, let event = try? ContractCoding.decode(ServingEvent.self, from: Data(line)) else {
                        end()
                        return false
                    }
                    onEvent(event)
                    return true
                }
            }
        }
    }
}
