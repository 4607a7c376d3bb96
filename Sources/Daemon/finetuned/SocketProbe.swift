import Foundation
import Nouns
import Platform

/// Asks the control socket as anybody would, to see that it answers.
struct SocketProbe {
    let path: String
    /// How long an answer may take.
    var patience = 10

    /// Throws a Failure (`socket.silent`) where no answer of HTTP comes, and a FileFailure where nobody listens.
    func ask() async throws {
        let outcome = try await OwnThread.run { _ in try exchange() }
        guard outcome.starts(with: Array("HTTP/1.1 ".utf8)) else {
            throw Failure(
                code: "socket.silent", "The control socket does not answer.", at: path,
                remedy: "The service manager restarts the daemon; without one, restart it yourself.")
        }
    }

    /// The beginning of what the socket answers; empty where it says nothing in time.
    private func exchange() throws -> [UInt8] {
        let descriptor = try UnixSocket.make()
        defer { close(descriptor) }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        try UnixSocket.connect(descriptor, to: path)
        let request = Array("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return [] }
        var answer = [UInt8](repeating: 0, count: 16)
        let count = recv(descriptor, &answer, answer.count, Int32(MSG_WAITALL))
        return Array(answer.prefix(max(0, count)))
    }
}
