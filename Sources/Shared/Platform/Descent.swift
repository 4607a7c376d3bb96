import Foundation

/// From whom a process descends: who started it, who started that one, and so on.
package enum Descent {
    /// Whether `process` was started by this one, directly or not.
    package enum Answer: Hashable, Sendable {
        /// Not by this one.
        case stranger
        /// By this one, through its child of this identifier.
        case child(Int32)
        /// It is gone, or hidden: nobody can tell.
        case unknown
    }

    /// Generations that are looked at; the kernel's own limit of nested namespaces is 32.
    private static let most = 256

    /// - Parameters:
    ///   - ancestor: the process that may have started it.
    ///   - service: the control group of a service that holds nothing but what this process started, where there is
    ///     one: a process whose parents have ended is still in it.
    package static func of(_ process: Int32, from ancestor: Int32 = getpid(), service: String? = nil) -> Answer {
        var present = process
        for _ in 0..<most {
            guard let parent = parent(of: present) else {
                return present == process ? .unknown : orphan(process, service)
            }
            if parent == ancestor { return .child(present) }
            if parent <= 1 { return orphan(process, service) }
            present = parent
        }
        return .unknown
    }

    private static func orphan(_ process: Int32, _ service: String?) -> Answer {
        guard let service else { return .stranger }
        guard let group = controlGroup(of: process) else { return .unknown }
        return group == service || group.hasPrefix(service + "/") ? .child(process) : .stranger
    }

    /// The control group of the service that the service manager started this process as; nil where it did not.
    package static func service(_ environment: [String: String], of process: Int32 = getpid()) -> String? {
        // A shell below some service has its control group as well, but nobody to notify.
        guard environment["NOTIFY_SOCKET"] != nil, let group = controlGroup(of: process), group.hasSuffix(".service")
        else { return nil }
        return group
    }

    /// The control group of a process, of the service manager's own hierarchy.
    private static func controlGroup(of process: Int32) -> String? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 2) }
        let named = lines.first { $0.count == 3 && $0[1] == "name=systemd" }
        // The unified hierarchy has the number 0 and no name.
        let unified = lines.first { $0.count == 2 && $0[0] == "0" }
        return (named?[2] ?? unified?[1]).map(String.init)
    }

    private static func parent(of process: Int32) -> Int32? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("PPid:") })
        else { return nil }
        return Int32(line.dropFirst(5).trimmingCharacters(in: .whitespaces))
    }
}
