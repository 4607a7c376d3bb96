import ControlGroups
import Foundation

/// Whether workers have control groups of their own, and what those can bound.
extension Examination {
    func checkGroups() -> [DoctorFinding] {
        let remedy = "Boot the machine with systemd.unified_cgroup_hierarchy=1; docs/operating.md, 'Resources'."
        guard isInstalled else {
            return [.ok(.groups, "A daemon with a root of its own is given no control group, and needs none.")]
        }
        guard case .answers(_, let pid, _) = daemon else {
            return [.ok(.groups, "Control groups are looked at where the daemon runs.")]
        }
        guard let mounts = machine.text("/proc/self/mountinfo"), let mount = ControlGroups.mount(mounts) else {
            return [
                .warning(
                    .groups, "The machine has no control groups of version 2, so that no worker is bounded.", remedy)
            ]
        }
        guard
            let line = machine.text("/proc/\(pid)/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }
            )
        else { return [.unknown(.groups, "The control group of process \(pid) cannot be seen.", "Ask as root.")] }
        let own = String(line.dropFirst(3))
        guard own.hasSuffix("/" + ControlGroups.own) else {
            return [
                .warning(
                    .groups, "The daemon has no control group to divide, so that no worker is bounded.",
                    "See that the unit has Delegate= and ProtectControlGroups=no: systemctl cat finetuned.")
            ]
        }
        let group = mount + own.dropLast(ControlGroups.own.count + 1)
        let text = machine.text(group + "/cgroup.subtree_control") ?? ""
        let there = Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
        let missing = ControlGroups.Controller.allCases.map(\.rawValue).filter { !there.contains($0) }
        guard missing.isEmpty else {
            return [
                .warning(
                    .groups, "Workers have control groups of their own, which cannot bound \(missing.inWords).", remedy)
            ]
        }
        return [.ok(.groups, "Workers have control groups of their own, with cpu, io and memory.")] + pressure()
    }

    /// Whether the kernel counts what runs are to wait for.
    private func pressure() -> [DoctorFinding] {
        let pause = settings.daemon.pause
        guard pause.memoryPressure > 0 || pause.cpuPressure > 0, machine.text("/proc/pressure/memory") == nil else {
            return []
        }
        return [
            .warning(
                .groups, "The kernel tells no pressure, so that runs never wait for it.",
                "Boot the machine with psi=1.")
        ]
    }
}

extension [String] {
    /// `cpu`, `cpu and io`, `cpu, io and memory`.
    fileprivate var inWords: String {
        guard count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " and " + (last ?? "")
    }
}
