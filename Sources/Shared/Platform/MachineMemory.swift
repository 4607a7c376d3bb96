import Foundation

/// Memory that a worker may have on this machine.
package enum MachineMemory {
    /// Bytes: what the kernel calls available, or what this service's control group allows where that is less.
    package static func available() -> Int { bytes("MemAvailable:") }

    /// Bytes: all that the machine has, or what this service's control group allows where that is less.
    package static func total() -> Int { bytes("MemTotal:") }

    private static func bytes(_ name: String) -> Int {
        let kernel = value("/proc/meminfo", after: name).map { $0 << 10 }
        let group = text("/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }.map {
            String($0.dropFirst(3))
        }
        return min(kernel ?? Int.max, group.map(limit) ?? Int.max)
    }

    /// The least that a control group and those around it allow.
    private static func limit(_ group: String) -> Int {
        var (least, path) = (Int.max, Substring(group))
        while path.count > 1 {
            let limit = text("/sys/fs/cgroup\(path)/memory.max").flatMap {
                Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            least = min(least, limit ?? Int.max)
            path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        }
        return least
    }

    private static func value(_ path: String, after name: String) -> Int? {
        text(path)?.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ")
            .first.flatMap { Int($0) }
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
