import Foundation
import Inference
import Nouns
import WorkerProtocol

/// One client of a serving worker: lines in on one thread, lines out on another, so that whoever reads slowly holds up
/// nobody.
final class ServingConnection: ServingClient, @unchecked Sendable {
    /// A client that leaves so much unread is left.
    private static let mostUnread = 64 << 20

    private let descriptor: Int32
    private let condition = NSCondition()
    // Under `condition`.
    private var unsent: [Data] = []
    private var unsentBytes = 0
    private var isSending = false
    private var isOver = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    // Both threads have left by then.
    deinit { close(descriptor) }

    /// Answers until the client goes; returns at once.
    func serve(_ engine: ServingEngine) {
        Thread.detachNewThread { self.write() }
        Thread.detachNewThread {
            self.read(engine)
            engine.leave(self)
            self.end()
        }
    }

    func tell(_ event: ServingEvent) {
        // Encoding fails for numbers that JSON lacks; whoever asked must not wait for ever all the same.
        var line = Data()
        do {
            line = try ContractCoding.encode(event)
        } catch {
            var failed = ServingEvent(.failed, id: event.id)
            failed.failure = WorkerFault(error).failure
            line = (try? ContractCoding.encode(failed)) ?? Data()
        }
        line.append(UInt8(ascii: "\n"))
        condition.lock()
        if !isOver {
            unsent.append(line)
            unsentBytes += line.count
            if unsentBytes > Self.mostUnread {
                isOver = true
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
        }
        condition.broadcast()
        condition.unlock()
    }

    func flush() {
        let end = Date(timeIntervalSinceNow: 1)
        condition.lock()
        while !isOver, isSending || !unsent.isEmpty, condition.wait(until: end) {}
        condition.unlock()
    }

    private func end() {
        condition.lock()
        isOver = true
        condition.broadcast()
        condition.unlock()
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func read(_ engine: ServingEngine) {
        var lines = LineCutter(longest: ServingOrder.longestLine)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            chunk.withUnsafeBytes { bytes in
                lines.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
                    if let line { take(Data(line), engine) } else { tellTooLong() }
                    return true
                }
            }
            // What goes on and on is not waited for.
            if lines.isTooLong { return tellTooLong() }
        }
    }

    private func tellTooLong() {
        var event = ServingEvent(.failed, id: "")
        event.failure = Failure(
            code: "request.too_long", "The line is longer than \(ServingOrder.longestLine) bytes.",
            remedy: "Ask something shorter.")
        tell(event)
    }

    private func take(_ line: Data, _ engine: ServingEngine) {
        do {
            engine.take(try ContractCoding.decode(ServingOrder.self, from: line), from: self)
        } catch {
            struct Named: Decodable { var id: String }
            var event = ServingEvent(.failed, id: (try? ContractCoding.decode(Named.self, from: line).id) ?? "")
            event.failure = Failure(
                code: "request.invalid", "The line is no order.", remedy: "See docs/engine-protocol.md.",
                cause: "\(error)")
            tell(event)
        }
    }

    /// Sends what there is until the connection is over and nothing is left.
    private func write() {
        while true {
            condition.lock()
            while unsent.isEmpty && !isOver { condition.wait() }
            let lines = unsent
            let last = isOver
            unsent = []
            unsentBytes = 0
            isSending = true
            condition.unlock()
            let sent = send(lines.reduce(into: Data()) { $0.append($1) })
            condition.lock()
            isSending = false
            condition.broadcast()
            condition.unlock()
            if last || !sent { break }
        }
        condition.lock()
        isOver = true
        unsent = []
        condition.unlock()
        // So that the reader leaves as well.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func send(_ data: Data) -> Bool {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}
