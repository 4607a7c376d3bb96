import ControlProtocol
import Foundation
import Logging
import Platform

/// The daemon's Unix socket, which it makes, or which somebody else listens on already.
package struct ControlSocket: Sendable {
    let path: String
    let adopted: Int32?
    let access: SocketAccess
    let logger: Logger

    /// - Parameters:
    ///   - adopted: a socket at that path which somebody else (systemd) listens on already; owned from now on, and it
    ///     outlives this daemon.
    ///   - access: what somebody on the socket may do.
    package init(path: String, adopted: Int32? = nil, access: SocketAccess, logger: Logger) {
        self.path = path
        self.adopted = adopted
        self.access = access
        self.logger = logger
    }

    /// Listens, and lets the members of both groups connect. Throws a FileFailure.
    func listen() throws -> ListeningSocket {
        let socket = try adopted.map { try ListeningSocket(adopting: $0) } ?? ListeningSocket(path: path)
        let groups = [AccessGroups.user, AccessGroups.admin].compactMap(access.group)
        guard !groups.isEmpty else { return socket }
        let list = AccessList(owner: 6, group: 6, groups: Dictionary(groups.map { ($0, 6) }, uniquingKeysWith: { $1 }))
        do { try list.set(on: path) } catch {
            logger.warning(
                "Members of \(AccessGroups.user) and \(AccessGroups.admin) may be unable to connect: \(error)",
                metadata: ["event": "access.changed"])
        }
        return socket
    }
}
