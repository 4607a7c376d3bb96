import Foundation
import Places

/// What the machine has: room, limits, a clock, notifications.
extension Examination {
    /// Descriptors that a daemon with its clients and workers should have.
    private static let descriptors = 4096

    func checkLimits() -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        if case .answers(_, let pid, _) = daemon {
            if let limits = machine.text("/proc/\(pid)/limits"), let files = Self.limit("Max open files", limits) {
                found.append(
                    files >= Self.descriptors
                        ? .ok(.limits, "The daemon may open \(files) files.")
                        : .warning(
                            .limits, "The daemon may open \(files) files only; clients get half of them.",
                            "systemctl edit finetuned, with LimitNOFILE=8192 below [Service]."))
            } else {
                found.append(
                    .unknown(.limits, "The limits of process \(pid) cannot be seen.", "Ask as root: sudo ftctl doctor.")
                )
            }
        }
        let memory = machine.text("/proc/meminfo").flatMap { Self.kilobytes("MemAvailable:", $0) }
        if let memory {
            let needed = settings.daemon.workerMemoryBytes
            found.append(
                memory << 10 > 2 * needed
                    ? .ok(.limits, "\(memory >> 10) MiB of memory are to be had.")
                    : .warning(
                        .limits,
                        "\(memory >> 10) MiB of memory are to be had, and a worker's batches take \(needed >> 20) MiB.",
                        "Lower worker.memory in finetuned.toml, or give the machine more memory."))
        }
        return found.isEmpty ? [.ok(.limits, "Limits are looked at where the daemon runs.")] : found
    }

    func checkSpace() -> [DoctorFinding] {
        guard let room = machine.room(layout.state) else {
            return [
                .unknown(.space, "The disk of \(layout.state) cannot be asked.", "Ask as root: sudo ftctl doctor.")
            ]
        }
        let (least, free) = (settings.daemon.minimumFreeBytes, room.bytes >> 20)
        var found: [DoctorFinding] = []
        let remedy = "Free space on that disk; `ftctl gc --dry-run` says what can go."
        if room.bytes < least {
            found.append(
                .fault(
                    .space, "\(free) MiB are free, and below minimum_free (\(least >> 20) MiB) no run is started.",
                    remedy))
        } else if room.bytes / 2 < least {
            found.append(
                .warning(
                    .space, "\(free) MiB are free; below minimum_free (\(least >> 20) MiB) no run is started.", remedy))
        } else {
            found.append(.ok(.space, "\(free) MiB are free."))
        }
        if let inodes = room.inodes, inodes < 10_000 {
            found.append(.fault(.space, "Only \(inodes) inodes are free.", "Remove small files from that disk."))
        }
        for pipeline in settings.pipelines {
            guard let folder = pipeline.dropFolder, case .there(let drop) = machine.sight(folder),
                case .there(let state) = machine.sight(layout.state), drop.device != state.device
            else { continue }
            found.append(
                .warning(
                    .space, "\(folder) is on another file system, so that what is dropped is copied and not renamed.",
                    "Put the folder on the disk of \(layout.state), or accept the copies."))
        }
        return found
    }

    func checkClock() -> [DoctorFinding] {
        if case .there(let ledger) = machine.sight(layout.ledger), ledger.modified > machine.now + 3600 {
            return [
                .fault(
                    .clock, "The ledger was written later than now: the clock was set back.",
                    "Set the clock: timedatectl set-ntp true; `timedatectl` shows what it is.")
            ]
        }
        return switch machine.clockIsKept() {
        case true?: [.ok(.clock, "The clock is kept right.")]
        case false?:
            [
                .warning(
                    .clock, "Nobody keeps the clock right: times on the record may be wrong.",
                    "timedatectl set-ntp true (with systemd-timesyncd or chrony installed).")
            ]
        case nil: [.unknown(.clock, "The kernel does not say whether the clock is kept.", "See `timedatectl`.")]
        }
    }

    func checkInotify() -> [DoctorFinding] {
        func number(_ name: String) -> Int? {
            machine.text("/proc/sys/fs/inotify/\(name)")
                .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        guard let watches = number("max_user_watches"), let instances = number("max_user_instances") else {
            return [
                .unknown(.inotify, "The limits of inotify cannot be read.", "Mount /proc.")
            ]
        }
        // A watch a pipeline, and as many again for folders that are copied into it.
        let needed = 64 + 4 * settings.pipelines.count
        guard watches >= needed, instances >= 16 else {
            return [
                .warning(
                    .inotify,
                    "inotify allows a user \(watches) watches and \(instances) instances; folders may be scanned.",
                    "sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=128, in /etc/sysctl.d too.")
            ]
        }
        return [.ok(.inotify, "inotify allows \(watches) watches and \(instances) instances.")]
    }

    /// The soft limit of a line of /proc/PID/limits; the largest number where there is none.
    static func limit(_ name: String, _ text: String) -> Int? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let word = line.dropFirst(name.count).split(separator: " ").first
        return word == "unlimited" ? .max : word.flatMap { Int($0) }
    }

    /// A value of /proc/meminfo.
    static func kilobytes(_ name: String, _ text: String) -> Int? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }
}
