import ControlProtocol
import Foundation
import Platform

/// What somebody on the Unix socket may do, by what the kernel says of him.
package struct SocketAccess: Sendable {
    /// Whether the daemon's own user is an admin: under a root of its own it is the person who started it, installed it
    /// is the account that programs of the daemon run as.
    let isRooted: Bool
    /// The number of a group by its name.
    var group: @Sendable (String) -> UInt32? = { System.groupID($0) }
    /// The name of a user by number.
    var name: @Sendable (UInt32) -> String = { System.userName($0) }
    /// Whether a process was started by the daemon.
    var descent: @Sendable (Int32) -> Descent.Answer
    /// Whether a program that the daemon started may ask it.
    var isPermitted: @Sendable (Int32) -> Bool = { HookPermit.own.isHeld(by: $0) }
    /// The daemon's own user.
    var ownUser = getuid()

    /// - Parameters:
    ///   - isRooted: whether the daemon has a root of its own (`--root`).
    ///   - service: the control group of the daemon's service, where it is one; see ``Descent``.
    package init(isRooted: Bool, service: String? = nil) {
        self.isRooted = isRooted
        descent = { Descent.of($0, service: service) }
    }

    /// Who it is. Nobody, where the daemon started the program that asks, unless it is a hook that may read.
    func principal(_ peer: SocketPeer?) -> Principal {
        guard let peer else { return Principal(owner: "unknown", name: "unknown", role: .nobody) }
        return Principal(
            owner: "uid:\(peer.user)", name: name(peer.user), role: role(peer), user: peer.user,
            process: peer.process)
    }

    private func role(_ peer: SocketPeer) -> Role {
        switch descent(peer.process) {
        case .child(let program): return isPermitted(program) ? .reader : .nobody
        // What the daemon starts has its user: a process of another that cannot be seen is none of its own.
        case .unknown where peer.user == ownUser: return .nobody
        case .unknown, .stranger: break
        }
        if peer.user == 0 || isRooted && peer.user == ownUser { return .admin }
        if let admins = group(AccessGroups.admin), peer.groups.contains(admins) { return .admin }
        if let users = group(AccessGroups.user), peer.groups.contains(users) { return .user }
        return .reader
    }
}
