import Foundation
import Platform
import Synchronization
import TestSupport

/// People who ask the daemon again and again, each question on a connection of its own.
final class ManyClients: Sendable {
    private let path: String
    private let isOver = Atomic(false)
    private let finished = DispatchGroup()
    /// Questions that were answered, that were connected and got no whole answer, and that nobody took.
    let answered = Atomic(0)
    let lost = Atomic(0)
    let refused = Atomic(0)

    init(_ count: Int, socket path: String) {
        self.path = path
        for _ in 0..<count {
            finished.enter()
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .relaxed) {
                    switch ask() {
                    case true?: answered.add(1, ordering: .relaxed)
                    case false?: lost.add(1, ordering: .relaxed)
                    case nil:
                        refused.add(1, ordering: .relaxed)
                        usleep(1000)
                    }
                }
                finished.leave()
            }
        }
    }

    /// Lets each ask its last question.
    func stop() async {
        isOver.store(true, ordering: .relaxed)
        await withCheckedContinuation { done in finished.notify(queue: .global()) { done.resume() } }
    }

    /// Whether a question was answered whole; nil where nobody listens.
    private func ask() -> Bool? {
        guard let descriptor = try? UnixSocket.make() else { return nil }
        defer { close(descriptor) }
        guard (try? UnixSocket.connect(descriptor, to: path)) != nil else { return nil }
        let request = Array("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return false
        }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &piece, piece.count, 0), count > 0 { answer += piece[..<count] }
        return answer.starts(with: Array("HTTP/1.1 200".utf8)) && answer.last == UInt8(ascii: "}")
    }
}

/// A control socket that somebody else listens on, as systemd does, for one daemon after another.
final class HeldSocket {
    let descriptor: Int32

    init(_ path: String) throws {
        descriptor = try UnixSocket.make()
        try UnixSocket.bind(descriptor, to: path)
        guard listen(descriptor, 4096) == 0 else { throw FileFailure("listen on it", path, errno: errno) }
    }

    deinit { close(descriptor) }

    /// Starts a daemon that finds the socket as its third descriptor.
    func startDaemon(_ sandbox: Sandbox) throws -> ChildProgram {
        try ChildProgram(
            "sh",
            [
                "-c", #"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=control exec "$0" --root "$1""#,
                try TestSupport.program("finetuned"), sandbox.root,
            ], output: sandbox.root + "/daemon.log", giving: [descriptor: 3])
    }
}
