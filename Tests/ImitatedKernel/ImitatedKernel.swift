import ControlGroups
import Foundation
import Platform
import Synchronization

/// A folder that imitates the files of control groups of version 2, pressure and batteries, with the rules of the
/// kernel that matter here: what a new group has, that a group with processes divides nothing, and that a group in use
/// stays.
package final class ImitatedKernel: KernelFiles {
    package let root: String
    /// The group that the service manager gave the daemon, which stands in it as process 42.
    package let group: String
    private let weights: String?
    private let files = OwnKernelFiles()
    private let delegated = Mutex<Set<String>>([])
    /// What was written, as `FILE = TEXT`, in order.
    private let log = Mutex<[String]>([])

    /// - Parameters:
    ///   - controllers: what the group was given of.
    ///   - isDelegated: whether the group is the daemon's to divide.
    ///   - weights: the file of a disk's scheduler that heeds weights; nil where none does.
    package init(
        controllers: String = "cpu io memory pids", isDelegated: Bool = true, weights: String? = "io.weight"
    ) throws {
        let root = (NSTemporaryDirectory() as NSString).appendingPathComponent("imitated-kernel-\(UUID().uuidString)")
        let mount = root + "/sys/fs/cgroup"
        (self.root, self.weights, group) = (root, weights, mount + "/finetuned.slice/finetuned.service")
        if isDelegated { delegated.withLock { _ = $0.insert(group) } }
        try set(
            "/proc/self/mountinfo", "23 1 0:5 / /proc rw - proc proc rw\n30 23 0:26 / \(mount) rw - cgroup2 c rw\n")
        try set("/proc/self/cgroup", "0::/finetuned.slice/finetuned.service\n")
        try populate(group, controllers)
        try set(group + "/cgroup.procs", "42\n")
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Where a file lies on the disk.
    package func real(_ path: String) -> String { path.hasPrefix(root) ? path : root + path }

    /// Puts a file where the kernel would have it.
    package func set(_ path: String, _ text: String?) throws {
        guard let text else { return try FileManager.default.removeItem(atPath: real(path)) }
        let folder = (real(path) as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: real(path)))
    }

    /// What was written to files of groups, in order.
    package var written: [String] { log.withLock { $0 } }

    private func populate(_ folder: String, _ controllers: String) throws {
        try FileManager.default.createDirectory(atPath: real(folder), withIntermediateDirectories: true)
        let has = Set(controllers.split(whereSeparator: \.isWhitespace).map(String.init))
        var texts = [
            "cgroup.controllers": controllers + "\n", "cgroup.subtree_control": "", "cgroup.procs": "",
            "cgroup.events": "populated 0\nfrozen 0\n", "cgroup.kill": "",
        ]
        if has.contains("memory") {
            texts["memory.max"] = "max\n"
            texts["memory.swap.max"] = "max\n"
            texts["memory.oom.group"] = "0\n"
            texts["memory.events"] = "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n"
        }
        if has.contains("cpu") { (texts["cpu.weight"], texts["cpu.idle"]) = ("100\n", "0\n") }
        if has.contains("io"), let weights { texts[weights] = "default 100\n" }
        for (name, text) in texts { try set(folder + "/" + name, text) }
    }

    // MARK: - Calls

    package func text(_ path: String) -> String? { files.text(real(path)) }

    package func write(_ text: String, to path: String) throws {
        guard access(real(path), F_OK) == 0 else { throw FileFailure("open it", path, errno: ENOENT) }
        let folder = (path as NSString).deletingLastPathComponent
        switch (path as NSString).lastPathComponent {
        case "cgroup.procs": try move(text, to: folder)
        case "cgroup.subtree_control":
            let above = self.text(folder + "/cgroup.procs") ?? ""
            guard above.isEmpty else { throw FileFailure("write \"\(text)\" to it", path, errno: EBUSY) }
            try set(path, (self.text(path) ?? "") + text.dropFirst() + " ")
        case "cgroup.kill":
            try set(folder + "/cgroup.procs", "")
            try set(folder + "/cgroup.events", "populated 0\nfrozen 0\n")
        default: try set(path, text + "\n")
        }
        log.withLock { $0.append("\(path.dropFirst(group.count + 1)) = \(text)") }
    }

    /// A process is in one group at a time.
    private func move(_ process: String, to folder: String) throws {
        for other in [group] + names(in: group).map({ group + "/" + $0 }) {
            guard let text = text(other + "/cgroup.procs"), text.contains(process + "\n") else { continue }
            try set(other + "/cgroup.procs", text.replacing(process + "\n", with: ""))
        }
        try set(folder + "/cgroup.procs", (text(folder + "/cgroup.procs") ?? "") + process + "\n")
        try set(folder + "/cgroup.events", "populated 1\nfrozen 0\n")
    }

    package func makeFolder(_ path: String) throws {
        guard access(real(path), F_OK) != 0 else { return }
        let above = (path as NSString).deletingLastPathComponent
        try populate(path, text(above + "/cgroup.subtree_control") ?? "")
    }

    package func removeFolder(_ path: String) throws {
        if text(path + "/cgroup.events")?.contains("populated 1") == true {
            throw FileFailure("remove it", path, errno: EBUSY)
        }
        try FileManager.default.removeItem(atPath: real(path))
    }

    package func names(in folder: String) -> [String] { files.names(in: real(folder)) }

    package func isDelegated(_ group: String) -> Bool { delegated.withLock { $0.contains(group) } }
}
