import Foundation

/// The control group of one piece of work.
package struct WorkGroup: Sendable {
    let files: any KernelFiles
    package let folder: String

    /// The file by which a process enters: it writes 0 to it.
    package var entrance: String { folder + "/cgroup.procs" }

    /// Processes in it that the kernel has killed because memory ran out, in the group or around it; nil where the
    /// kernel does not count them.
    package var outOfMemoryKills: Int? { value("oom_kill", of: "memory.events") }

    /// Whether a process is in it.
    package var isOccupied: Bool { value("populated", of: "cgroup.events") == 1 }

    func has(_ file: String) -> Bool { files.text(folder + "/" + file) != nil }

    func write(_ text: String, _ file: String) throws { try files.write(text, to: folder + "/" + file) }

    private func value(_ name: String, of file: String) -> Int? {
        for line in (files.text(folder + "/" + file) ?? "").split(separator: "\n") where line.hasPrefix(name + " ") {
            return Int(line.dropFirst(name.count + 1))
        }
        return nil
    }

    /// Ends what is left in it and removes it. Returns false where that did not work yet: a process that is killed
    /// leaves its group a moment later.
    @discardableResult
    package func remove() -> Bool {
        if isOccupied { end() }
        do { try files.removeFolder(folder) } catch { return false }
        return true
    }

    /// The same, waiting for what is left; a group that cannot be removed stays until the daemon's next start.
    package func close() async {
        for turn in 0..<60 {
            if remove() { return }
            // Also where the task is cancelled: the group is to go all the same.
            await Task.detached { try? await Task.sleep(for: .milliseconds(turn < 10 ? 2 : 50)) }.value
        }
    }

    /// Kills every process in it.
    private func end() {
        do { try write("1", "cgroup.kill") } catch {
            // Linux before 5.14 has no such file.
            for line in (files.text(entrance) ?? "").split(separator: "\n") {
                if let process = Int32(line), process > 1 { kill(process, SIGKILL) }
            }
        }
    }
}
