import Nouns

extension Layout {
    /// The longest path that the kernel lets a Unix socket have, in bytes: `sun_path` of unix(7), less its zero.
    package static let longestSocketPath = 107

    /// Throws a Failure (`socket.path`) where the path of the control socket is longer than a socket's may be.
    package func checkSocket() throws { try Self.checkSocket(socket) }

    /// Throws a Failure (`socket.path`) where a path is longer than a Unix socket's may be.
    package static func checkSocket(_ path: String) throws {
        let length = path.utf8.count
        guard length > longestSocketPath else { return }
        throw Failure(
            code: "socket.path",
            "The path of the control socket has \(length) bytes, and the system allows \(longestSocketPath).",
            at: path, remedy: "Give the root a path that is shorter by \(length - longestSocketPath) bytes.")
    }
}
