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
}
