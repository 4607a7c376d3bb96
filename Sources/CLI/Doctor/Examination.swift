import Nouns
import Places
import Settings

/// Looks at all that a daemon needs of its machine, from outside and whether or not the daemon runs; changes nothing.
package struct Examination: Sendable {
    /// What came of asking the daemon.
    package enum Daemon: Sendable {
        case answers(version: String, pid: Int, problems: [Failure])
        case silent(Failure)
    }

    let layout: Layout
    let machine: Machine
    let daemon: Daemon
    let settings: SettingsFolder
    /// The version of this program.
    let version: String

    package init(
        _ layout: Layout, _ machine: Machine, _ daemon: Daemon, settings: SettingsFolder, version: String
    ) {
        self.layout = layout
        self.machine = machine
        self.daemon = daemon
        self.settings = settings
        self.version = version
    }

    /// Whether it is the installed daemon, and not one with a root of its own.
    var isInstalled: Bool { layout.root.isEmpty }

    /// Everything that was found, by area; each area says something.
    package func findings() -> [DoctorFinding] {
        checkDaemon() + checkSettings() + checkUsers() + checkPermissions() + checkACL() + checkLimits() + checkSpace()
            + checkClock() + checkInotify() + checkBLAS() + checkSystemd() + checkSandbox() + checkLandlock()
            + checkGroups()
    }

    private func checkDaemon() -> [DoctorFinding] {
        switch daemon {
        case .silent(let failure):
            let start =
                isInstalled
                ? "systemctl start finetuned; journalctl -u finetuned -n 50 says why it ended"
                : "Start it: finetuned --root \(layout.root)"
            return [.fault(.daemon, "The daemon does not answer: \(failure.message)", failure.remedy ?? start + ".")]
        case .answers(let running, let pid, let problems):
            var found: [DoctorFinding] = []
            if running == version {
                found.append(.ok(.daemon, "The daemon answers: finetuned \(running), process \(pid)."))
            } else {
                found.append(
                    .warning(
                        .daemon, "The daemon at work is finetuned \(running), and ftctl is \(version).",
                        "Restart it: systemctl restart finetuned. Runs go on from their checkpoints."))
            }
            found += problems.map { .fault(.daemon, "\($0.message)", $0.remedy ?? "See `ftctl status`.") }
            return found
        }
    }

    private func checkSettings() -> [DoctorFinding] {
        guard settings.problems.isEmpty else {
            return settings.problems.map {
                .fault(
                    .settings, "\($0.place.map { "\($0): " } ?? "")\($0.message)",
                    $0.remedy ?? "docs/configuration.md lists every key.")
            }
        }
        let count = settings.pipelines.count
        return [.ok(.settings, "The settings are sound: \(count) \(count == 1 ? "pipeline" : "pipelines").")]
    }

    private func checkLandlock() -> [DoctorFinding] {
        guard let version = machine.landlock() else {
            return [
                .warning(
                    .landlock,
                    "The kernel has no Landlock, so that workers and hooks are held by the unit's sandbox alone.",
                    "Take a kernel of 5.13 or later, with landlock among `lsm=` of its command line.")
            ]
        }
        return [.ok(.landlock, "The kernel has Landlock (interface \(version)).")]
    }

    private func checkBLAS() -> [DoctorFinding] {
        guard let worker = settings.daemon.workerProgram ?? machine.worker else {
            return [
                .fault(
                    .blas, "The program finetune-worker is not beside ftctl or in ../libexec/finetuned.",
                    "Install it again: make install, or the package.")
            ]
        }
        guard let said = machine.run(worker, ["--describe"]), said.status == 0 else {
            let first = machine.run(worker, ["--describe"])?.text.split(separator: "\n").first.map(String.init)
            return [
                .fault(
                    .blas, "\(worker) does not start: \(first ?? "it cannot be run").",
                    "Install what it needs: apt install libopenblas0 libssl3 libzstd1 zlib1g.")
            ]
        }
        var found = [DoctorFinding.ok(.blas, "\(worker) starts with its OpenBLAS.")]
        let flags = machine.text("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("flags") }
        if let flags {
            let words = Set(flags.split(separator: " ").map(String.init))
            found.append(
                words.isSuperset(of: ["avx2", "fma"])
                    ? .ok(.blas, "The processor has AVX2 and FMA\(words.contains("avx512f") ? ", and AVX-512" : "").")
                    : .warning(
                        .blas, "The processor has no AVX2 with FMA: the engine computes several times more slowly.",
                        "Give a virtual machine the processor of its host (cpu host), or take another machine."))
        }
        return found
    }
}
