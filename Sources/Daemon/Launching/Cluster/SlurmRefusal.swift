import Nouns

/// What `sbatch` says where it will not have a job, and which key of the engine's file that is about.
enum SlurmRefusal {
    /// Nil where nobody has refused: the controller may have the job all the same.
    static func read(_ ending: HookProgram.Ending) -> Failure? {
        let said = ending.output.split(whereSeparator: \.isNewline).map(String.init)
        if ending.status == 127 || ending.status == 126 || ending.output.contains("cannot be run") {
            return failure(
                "sbatch cannot be started", "slurm.via", ending.output,
                "Install slurm-client here, or say in slurm.via how to reach a machine that has it.")
        }
        if let line = said.first(where: { $0.contains("unrecognized option") || $0.contains("option requires an") }) {
            return failure("sbatch does not know an option", "slurm.options", line)
        }
        guard let line = said.last(where: { $0.contains("Batch job submission failed:") || $0.contains("error: ") }),
            ending.status != nil, ending.status != 0
        else { return nil }
        let text = said.joined(separator: " ")
        if silent.contains(where: text.contains) { return nil }
        let reason = line.split(separator: "failed: ", maxSplits: 1).last.map(String.init) ?? line
        for (words, key) in keys where text.contains(words) {
            return failure("The cluster refuses the job: \(reason)", key, text)
        }
        guard text.contains("Batch job submission failed:") else { return nil }
        return failure("The cluster refuses the job: \(reason)", "slurm.options", text)
    }

    private static func failure(
        _ message: String, _ key: String, _ cause: String, _ remedy: String = "Change that key in the engine's file."
    ) -> Failure {
        Failure(
            code: "cluster.refused", message.hasSuffix(".") ? message : message + ".", at: key, remedy: remedy,
            cause: String(cause.prefix(500)))
    }

    /// What is said where the controller does not answer, or not now: the job may be there, or will be taken later.
    /// Source: `slurm/slurm_errno.h` and `src/common/slurm_errno.c`.
    private static let silent = [
        "Unable to contact slurm controller", "Socket timed out", "Zero Bytes were transmitted", "Connection refused",
        "Communication connection failure", "Transport endpoint is not connected", "Message receive failure",
        "Message send failure", "Connection timed out", "Connection reset", "No route to host", "temporarily unable",
        "Slurm backup controller in standby", "Unable to establish controller", "Protocol authentication error",
        "Job violates accounting/QOS policy (job submit limit", "Broken pipe", "Network is unreachable",
        "Unexpected missing socket error", "Communication shutdown failure", "Unexpected message received",
        "Insane message length", "Header lengths are longer than data received", "Unable to process incoming",
        "Unable to process outgoing", "Rate limit exceeded", "Requested operation is presently disabled",
        "System submissions disabled", "Controller is in standby mode", "Unable to connect to database",
    ]

    /// The same source, with the key that each is about.
    private static let keys = [
        ("account or account/partition", "slurm.account"), ("Invalid account", "slurm.account"),
        ("User not found", "slurm.account"), ("Invalid user", "slurm.account"), ("Access denied", "slurm.account"),
        ("artition", "slurm.partition"), ("time limit", "slurm.time"),
        ("Node count specification invalid", "nodes"), ("More processors requested", "ranks_per_node"),
        ("Requested node configuration", "slurm.options"), ("qos", "slurm.options"),
    ]
}
