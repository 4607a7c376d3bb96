import CPlatform
import Foundation

/// Small questions to the operating system.
package enum System {
    /// Bytes free for the daemon on the file system of `path`; nil where it cannot be asked.
    package static func freeBytes(_ path: String) -> Int? {
        let bytes = ft_free_bytes(path)
        return bytes < 0 ? nil : Int(bytes)
    }

    /// Resident memory of this process in bytes.
    package static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * Int(getpagesize())
    }

    /// The name of a user by number, or the number itself.
    package static func userName(_ uid: UInt32) -> String {
        guard let entry = getpwuid(uid), let name = entry.pointee.pw_name else { return "uid:\(uid)" }
        return String(cString: name)
    }

    /// Who is at the other end of a connected Unix socket.
    package static func peer(_ socket: Int32) -> (uid: UInt32, gid: UInt32, pid: Int32)? {
        var uid: uid_t = 0
        var gid: gid_t = 0
        var pid: pid_t = 0
        guard ft_peer_credentials(socket, &uid, &gid, &pid) == 0 else { return nil }
        return (uid, gid, pid)
    }
}
