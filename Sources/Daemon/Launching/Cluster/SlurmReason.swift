/// Why Slurm lets a job wait: which reasons pass, and which key of the engine's file the others are about.
///
/// Source: slurm.schedmd.com, "Job reason codes".
enum SlurmReason {
    /// Whether a job that waits for it would wait for ever.
    static func neverPasses(_ reason: String) -> Bool {
        // "ReqNodeNotAvail, UnavailableNodes:n2" is one whose first word counts.
        let word = reason.prefix { $0 != "," && $0 != " " }
        return table[String(word)] != nil || isOfOneJob(word)
    }

    /// The key to be changed.
    static func key(of reason: String) -> String {
        let word = reason.prefix { $0 != "," && $0 != " " }
        if let key = table[String(word)] { return key }
        if word.contains("Wall") { return "slurm.time" }
        if word.contains("Node") { return "nodes" }
        return "slurm.options"
    }

    /// A limit that this one job breaks, unlike one that others use up.
    private static func isOfOneJob(_ word: some StringProtocol) -> Bool {
        guard word.hasPrefix("Assoc") || word.hasPrefix("QOS"), !word.contains("Grp") else { return false }
        return word.contains("PerJob") || word.hasPrefix("QOSMin")
    }

    private static let table = [
        "PartitionNodeLimit": "nodes", "PartitionTimeLimit": "slurm.time",
        "PartitionConfig": "nodes, slurm.time or slurm.partition",
        "BadConstraints": "slurm.options", "InvalidAccount": "slurm.account", "InvalidQOS": "slurm.options",
        "AccountNotAllowed": "slurm.account", "QOSNotAllowed": "slurm.options", "JobHeldAdmin": "slurm.partition",
        "DependencyNeverSatisfied": "slurm.options",
        "QOSTimeLimit": "slurm.time", "AssociationTimeLimit": "slurm.time",
    ]
}
