/// What an engine's jobs ask of Slurm: the table `[slurm]` of its file.
package struct SlurmSettings: Codable, Hashable, Sendable {
    package var partition: String?
    package var account: String?
    /// The time limit of a job as `sbatch --time` has it.
    package var time: String?
    /// Further options of `sbatch`, such as `--constraint=h200`.
    package var options: [String] = []
    /// What goes before `sbatch` and its sisters, such as `ssh login1`.
    package var via: [String] = []

    package init() {}

    /// The time limit in seconds; nil where it is the partition's.
    ///
    /// Shapes: minutes, minutes:seconds, hours:minutes:seconds, and days-hours with the same after it.
    package var seconds: Int? {
        guard let time else { return nil }
        let halves = time.split(separator: "-").map(String.init)
        let numbers = (halves.last ?? "").split(separator: ":").compactMap { Int($0) }
        if halves.count == 2 {
            let units = zip(numbers, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
            return (Int(halves[0]) ?? 0) * 86_400 + units
        }
        let units = numbers.count == 3 ? [3600, 60, 1] : [60, 1]
        return zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

extension SlurmSettings {
    static let keys: [SettingsKey<EngineProfile>] = [
        .text(
            "slurm.partition", default: "the cluster's own", "The partition of the jobs.", read: { $0.slurm.partition }
        ) {
            $0.slurm.partition = $1
            return isWord($1) ? nil : "the name of a partition"
        },
        .text(
            "slurm.account", default: "the user's own", "The account that the jobs are charged to.",
            read: { $0.slurm.account }
        ) {
            $0.slurm.account = $1
            return isWord($1) ? nil : "the name of an account"
        },
        .text(
            "slurm.time", default: "the partition's own",
            """
            The time limit of a job, such as `04:00:00` or `2-00:00:00`. A longer run goes on in a new job from \
            the checkpoint that it writes two minutes before the limit.
            """,
            read: { $0.slurm.time }
        ) {
            $0.slurm.time = $1
            let isTime = $1.wholeMatch(of: /[0-9]{1,4}(-[0-9]{1,2}(:[0-9]{1,2}){0,2}|(:[0-9]{1,2}){0,2})/) != nil
            return isTime ? nil : "a time as `sbatch --time` takes it, such as \"04:00:00\""
        },
        .texts(
            "slurm.options", default: "none",
            """
            Further options of `sbatch`, such as `--constraint=h200` or `--gpus-per-node=8`. What the daemon sets \
            itself (job name, output, nodes, tasks, requeueing, environment, signal) cannot be set here.
            """,
            read: { $0.slurm.options }
        ) {
            $0.slurm.options = $1
            return $1.allSatisfy(isOption) ? nil : "a list of options such as \"--constraint=h200\""
        },
        .texts(
            "slurm.via", default: "none",
            """
            What goes before `sbatch`, `squeue`, `scontrol`, `sacct`, `sinfo` and `scancel` where this machine is none \
            of the cluster's, such as `ssh`, `login1`.
            """,
            read: { $0.slurm.via }
        ) {
            $0.slurm.via = $1
            return $1.allSatisfy { !$0.isEmpty } ? nil : "a list of words"
        },
    ]

    private static func isWord(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9_.,+-]+/) != nil }

    /// Options that the daemon rests on, by their long names.
    private static let own: Set<String> = [
        "array", "chdir", "error", "export", "export-file", "get-user-env", "input", "job-name", "no-requeue", "nodes",
        "ntasks", "ntasks-per-node", "open-mode", "output", "parsable", "requeue", "signal", "test-only", "time",
        "wait",
        "wrap", "account", "partition",
    ]

    private static func isOption(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /--([a-z-]+)(=[^\p{Cc}]*)?/) else { return false }
        // sbatch takes the beginning of an option for the whole.
        return !own.contains { $0.hasPrefix(match.1) }
    }
}
