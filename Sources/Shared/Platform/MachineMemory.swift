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
        let limit = group.flatMap { text("/sys/fs/cgroup\($0)/memory.max") }.flatMap {
            Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return min(kernel ?? Int.max, limit ?? Int.max)
    }

    private static func value(_ path: String, after name: String) -> Int? {
        text(path)?.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ")
            .first.flatMap { Int($0) }
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
