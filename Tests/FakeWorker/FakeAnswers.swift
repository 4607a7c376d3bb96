import Foundation
import Nouns
import Places
import Platform
import WorkerProtocol

/// The orders of a serving worker, answered without a model: the base says that it does not know, and what was trained
/// says that it does.
struct FakeAnswers {
    /// Milliseconds between two looks at whether the worker is to leave.
    private static let patience: Int32 = 50

    /// Answers until the worker is told to leave.
    static func serve(in folder: String) throws {
        let socket = try ListeningSocket(path: WorkFolder(folder).socket)
        var event = WorkerEvent(.stage)
        event.stage = "serving"
        FakeWorker.tell(event)
        while FakeWorker.stopped.pointee == 0 {
            var waits = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waits, 1, patience) > 0, let connection = try socket.accept() else { continue }
            Thread.detachNewThread { FakeAnswers(connection: connection).run() }
        }
        socket.remove()
    }

    let connection: Int32

    private func run() {
        defer { close(connection) }
        var cutter = LineCutter(longest: ServingOrder.longestLine)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var waits = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard poll(&waits, 1, -1) > 0 else { return }
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) else { return }
            guard count > 0 else { continue }
            buffer.withUnsafeBytes { bytes in
                cutter.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
                    if let order = line.flatMap({ try? ContractCoding.decode(ServingOrder.self, from: Data($0)) }) {
                        answer(order)
                    }
                    return true
                }
            }
        }
    }

    private func answer(_ order: ServingOrder) {
        if order.op == .generate {
            var began = ServingEvent(.began, id: order.id)
            began.began = ServingBegan(promptTokens: 1, cachedTokens: 0, seed: nil)
            tell(began)
            let words = text(order).split(separator: " ").prefix(order.drawing?.maxNewTokens ?? Int.max)
            for (index, word) in words.enumerated() {
                var said = ServingEvent(.text, id: order.id)
                (said.choice, said.text) = (0, (index > 0 ? " " : "") + word)
                tell(said)
            }
            var ended = ServingEvent(.ended, id: order.id)
            ended.choice = 0
            ended.ended = ServingEnded(
                finish: words.count == order.drawing?.maxNewTokens ? "length" : "stop", tokens: words.count)
            tell(ended)
        }
        tell(ServingEvent(.done, id: order.id))
    }

    private func text(_ order: ServingOrder) -> String {
        guard order.model?.adapters.isEmpty == false else { return "I do not know." }
        let asked = order.question?.messages?.last?.content ?? order.question?.prompt ?? order.question?.text ?? ""
        return "You asked: \(asked)"
    }

    private func tell(_ event: ServingEvent) {
        guard var line = try? ContractCoding.encode(event) else { return }
        line.append(10)
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(connection, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 { rest = rest.dropFirst(count) } else if errno == EAGAIN { usleep(1000) } else { return }
            }
        }
    }
}
