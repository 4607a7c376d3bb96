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

    /// Resident memory in bytes of the programs that this process started and that have not ended; nil where the kernel
    /// does not list them.
    package static func residentBytesOfChildren() -> Int? {
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") else { return nil }
        var pages = 0
        var isListed = false
        for thread in threads {
            let path = "/proc/self/task/\(thread)/children"
            guard let children = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            isListed = true
            for child in children.split(separator: " ") {
                // One that has just ended has no memory.
                let text = (try? String(contentsOfFile: "/proc/\(child)/statm", encoding: .utf8)) ?? ""
                pages += text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            }
        }
        return isListed ? pages * Int(getpagesize()) : nil
    }

    /// The name of a user by number, or the number itself. Several threads may ask at once.
    package static func userName(_ uid: UInt32) -> String {
        guard case .found(let name) = lookUp(uid) else { return "uid:\(uid)" }
        return name
    }

    /// Whether there is no user of this number (any more); false also where nobody can tell now.
    package static func isGone(_ uid: UInt32) -> Bool { lookUp(uid) == .absent }

    /// The number of a user by name; nil where there is none, or nobody can tell now.
    package static func userID(_ name: String) -> UInt32? {
        guard case .found(let uid) = lookUp({ getpwnam_r(name, $0, $1, $2, $3) }, { $0.pw_uid }) as Finding<UInt32>
        else {
            return nil
        }
        return uid
    }

    /// The number of a group by name; nil where there is none, or nobody can tell now.
    package static func groupID(_ name: String) -> UInt32? {
        guard case .found(let gid) = lookUp({ getgrnam_r(name, $0, $1, $2, $3) }, { $0.gr_gid }) as Finding<UInt32>
        else {
            return nil
        }
        return gid
    }

    /// The name of a group by number, or the number itself. Several threads may ask at once.
    package static func groupName(_ gid: UInt32) -> String {
        let name: Finding<String> = lookUp({ getgrgid_r(gid, $0, $1, $2, $3) }, { String(cString: $0.gr_name) })
        guard case .found(let name) = name else { return "gid:\(gid)" }
        return name
    }

    /// The number of a user as ``userName(_:)`` calls him; nil where there is none.
    package static func number(user: String) -> UInt32? {
        user.hasPrefix("uid:") ? UInt32(user.dropFirst(4)) : userID(user)
    }

    /// The number of a group as ``groupName(_:)`` calls it; nil where there is none.
    package static func number(group: String) -> UInt32? {
        group.hasPrefix("gid:") ? UInt32(group.dropFirst(4)) : groupID(group)
    }

    /// The users whom a group names as its members, in its order; those who have it as their own group are not named.
    package static func groupMembers(_ name: String) -> [String] {
        let members: Finding<[String]> = lookUp({ getgrnam_r(name, $0, $1, $2, $3) }) { (group: group) in
            var names: [String] = []
            var next = group.gr_mem
            while let entry = next?.pointee {
                names.append(String(cString: entry))
                next = next?.advanced(by: 1)
            }
            return names
        }
        guard case .found(let names) = members else { return [] }
        return names
    }

    private enum Finding<Value: Hashable & Sendable>: Hashable, Sendable {
        case found(Value)
        case absent
        case unknown
    }

    private static func lookUp(_ uid: UInt32) -> Finding<String> {
        lookUp({ getpwuid_r(uid, $0, $1, $2, $3) }, { String(cString: $0.pw_name) })
    }

    /// Asks one of the C library's questions about an entry of a database, with as much room as its texts need.
    private static func lookUp<Entry, Value>(
        _ ask: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> Int32,
        _ take: (Entry) -> Value
    ) -> Finding<Value> {
        let entry = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
        defer { entry.deallocate() }
        var room = 1024
        while room <= 1 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: room)
            // Texts lie in the buffer, so they are copied before it goes.
            defer { buffer.deallocate() }
            var found: UnsafeMutablePointer<Entry>?
            let status = ask(entry, buffer, room, &found)
            guard status == ERANGE else {
                if let found { return .found(take(found.pointee)) }
                return status == 0 ? .absent : .unknown
            }
            room *= 4
        }
        return .unknown
    }
}
