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

    /// The name of a user by number, or the number itself. Several threads may ask at once.
    package static func userName(_ uid: UInt32) -> String {
        var room = 1024
        while room <= 1 << 20 {
            var buffer = [CChar](repeating: 0, count: room)
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            // The name lies in the buffer, so it is copied before the buffer goes.
            let (status, name) = buffer.withUnsafeMutableBufferPointer { bytes -> (Int32, String?) in
                guard let start = bytes.baseAddress else { return (EINVAL, nil) }
                let status = getpwuid_r(uid, &entry, start, bytes.count, &found)
                return (status, found?.pointee.pw_name.map { String(cString: $0) })
            }
            guard status == ERANGE else { return name ?? "uid:\(uid)" }
            room *= 4
        }
        return "uid:\(uid)"
    }
}
