import Settings
import WorkerProtocol

/// What a job runs: a script that people can read, and that rests on nothing of the daemon's environment.
package struct JobScript: Sendable {
    let name: String
    /// The folder of the work as nodes see it.
    let folder: String
    let profile: EngineProfile
    /// The number of its first attempt; a scheduler that starts it again raises it.
    let attempt: Int
    /// The engine, to which the path of the request is added.
    let command: [String]
    /// Nodes that are left out.
    let excluded: [String]

    /// What a job makes known by its existence, so that a node that sees another folder is found out.
    static let marker = "job.name"

    package init(
        name: String, folder: String, profile: EngineProfile, attempt: Int, command: [String], excluded: [String] = []
    ) {
        self.name = name
        self.folder = folder
        self.profile = profile
        self.attempt = attempt
        self.command = command
        self.excluded = excluded
    }

    /// For Slurm.
    package var slurm: String {
        // Slurm opens a job's output before the script runs, and fails the job where a node does not see the folder
        // yet.
        let output = #"exec >>"$folder/stderr.log" 2>&1 || exit 73"#
        return ["#!/bin/bash", directives, common(onceSeen: output), start(slurmTasks)].joined(separator: "\n")
    }

    /// For a launcher program, which has it run on some machine.
    package var plain: String {
        ["#!/bin/bash", common(onceSeen: ""), start("\(words) \(request)")].joined(separator: "\n")
    }

    private var directives: String {
        var lines = [
            "--job-name=\(name)", "--nodes=\(profile.nodes)", "--ntasks-per-node=\(profile.ranksPerNode)",
            "--output=/dev/null", "--open-mode=append", "--export=NIL",
            "--signal=TERM@\(warning)", "--requeue", "--chdir=/",
        ]
        let slurm = profile.slurm
        if let partition = slurm.partition { lines.append("--partition=\(partition)") }
        if let account = slurm.account { lines.append("--account=\(account)") }
        if let time = slurm.time { lines.append("--time=\(time)") }
        if !excluded.isEmpty { lines.append("--exclude=\(excluded.joined(separator: ","))") }
        lines += slurm.options.map(RemoteWords.quoted)
        return lines.map { "#SBATCH \($0)" }.joined(separator: "\n")
    }

    /// Seconds before the time limit at which an engine is asked to leave; less where the limit itself is short.
    private var warning: Int { min(120, (profile.slurm.seconds ?? .max) / 4) }

    private var words: String { command.map(RemoteWords.quoted).joined(separator: " ") }
    private var request: String { #""$folder/request.json""# }

    /// Each rank is a task of its own; one that dies takes the others down.
    private var slurmTasks: String {
        let srun = "srun --kill-on-bad-exit=1 --export=ALL"
        guard profile.ranks > 1 else { return "\(srun) \(words) \(request)" }
        return """
            export FINETUNED_MEETING="$name-$attempt" FINETUNED_TOWARDS="$SLURM_LAUNCH_NODE_IPADDR"
            \(srun) /bin/bash -c '
                export FINETUNED_RANK=$SLURM_PROCID FINETUNED_LOCAL_RANK=$SLURM_LOCALID
                export FINETUNED_LOCAL_RANKS=\(profile.ranksPerNode) FINETUNED_TOWARDS=$SLURM_LAUNCH_NODE_IPADDR
                exec "$@"' rank \(words) \(request)
            """
    }

    private func common(onceSeen: String) -> String {
        """
        # A job of finetuned for the engine '\(profile.name)', kept here to be read.
        export PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HF_HUB_OFFLINE=1
        unset SLURM_EXPORT_ENV
        name=\(name)
        folder=\(RemoteWords.quoted(folder))
        attempt=$((\(attempt) + ${SLURM_RESTART_COUNT:-0}))

        # A shared file system may be late; a folder that is another one stays so.
        seen() { [ "$(cat "$folder/\(Self.marker)" 2>/dev/null)" = "$name" ]; }
        for _ in {1..\(Self.patience)}; do seen && break; sleep 1; done
        if ! seen; then
            echo "finetuned: $(hostname) does not see $folder as the daemon wrote it" >&2
            exit \(ClusterRules.unseen)
        fi
        \(onceSeen)

        # The scheduler took the job back and starts it anew: the same work, by the next attempt.
        if [ "$attempt" -gt \(attempt) ]; then
            sed "s/\\"attempt\\" : [0-9]*/\\"attempt\\" : $attempt/" "$folder/request.json" >"$folder/request.part" &&
                mv "$folder/request.part" "$folder/request.json" &&
                echo "$attempt" >"$folder/attempt.part" && mv "$folder/attempt.part" "$folder/attempt" || exit 73
        fi
        for _ in {1..\(Self.patience)}; do [ "$(cat "$folder/attempt")" = "$attempt" ] && break; sleep 1; done
        echo "$attempt $(hostname) $(date +%s)" >>"$folder/job.started" || exit 73
        """
    }

    /// Seconds that a shared file system may be late.
    private static let patience = 30

    private func start(_ command: String) -> String {
        """

        \(command)
        exit $?

        """
    }
}
