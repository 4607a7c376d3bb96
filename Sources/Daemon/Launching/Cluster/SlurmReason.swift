/// Why Slurm lets a job wait: which reasons pass, and which key of the engine's file the others are about.
///
/// Sources: slurm.schedmd.com, "Job reason codes"; what a partition says of accounts and qualities of service
/// (`src/slurmctld/partition_mgr.c`), of reservations and of launches (`src/slurmctld/job_mgr.c`), which `squeue` shows
/// in the place of a code: the same texts in 22.05 to 25.11.
enum SlurmReason {
    /// What a job that waits for it waits for: its turn, what never comes, or its release.
    static func phase(of reason: String) -> JobState.Phase {
        if isOfLaunch(reason) { return .held }
        return neverPasses(reason) ? .stuck : .waiting
    }

    /// Whether the cluster tried to start the job, could not, and keeps it for somebody to release.
    static func isOfLaunch(_ reason: String) -> Bool {
        let said = words(reason)
        return said.hasPrefix("launch fail") || said.hasPrefix("user env retrieval failed")
            || said.hasPrefix("JobHoldMaxRequeue")
    }

    /// Whether a job that waits for it would wait for ever.
    private static func neverPasses(_ reason: String) -> Bool {
        // "ReqNodeNotAvail, UnavailableNodes:n2" is one whose first word counts.
        let word = reason.prefix { $0 != "," && $0 != " " }
        return table[String(word)] != nil || sentence(reason) != nil || isOfOneJob(word)
    }

    /// The key to be changed.
    static func key(of reason: String) -> String {
        let word = reason.prefix { $0 != "," && $0 != " " }
        if let key = table[String(word)] ?? sentence(reason) { return key }
        if word.contains("Wall") { return "slurm.time" }
        if word.contains("Node") { return "nodes" }
        return "slurm.options"
    }

    /// A limit that this one job breaks, unlike one that others use up.
    private static func isOfOneJob(_ word: some StringProtocol) -> Bool {
        guard word.hasPrefix("Assoc") || word.hasPrefix("QOS"), !word.contains("Grp") else { return false }
        return word.contains("PerJob") || word.hasPrefix("QOSMin")
    }

    /// `scontrol` writes a sentence as one word.
    private static func words(_ reason: String) -> String { reason.replacing("_", with: " ") }

    /// The key that a sentence in the place of a code is about.
    private static func sentence(_ reason: String) -> String? {
        let said = words(reason)
        if said.hasPrefix("Job's account not ") { return "slurm.account" }
        if said.hasPrefix("Job's QOS not ") { return "slurm.options" }
        guard said.hasPrefix("Reservation ") else { return nil }
        return said.hasSuffix(" was deleted") || said.hasSuffix(" is invalid") ? "slurm.options" : nil
    }

    private static let table = [
        "PartitionNodeLimit": "nodes", "PartitionTimeLimit": "slurm.time",
        "PartitionConfig": "nodes, slurm.time or slurm.partition",
        "BadConstraints": "slurm.options", "InvalidAccount": "slurm.account", "InvalidQOS": "slurm.options",
        "AccountNotAllowed": "slurm.account", "QOSNotAllowed": "slurm.options", "JobHeldAdmin": "slurm.partition",
        "DependencyNeverSatisfied": "slurm.options", "ReservationDeleted": "slurm.options",
        "ReservationInvalid": "slurm.options",
        "QOSTimeLimit": "slurm.time", "AssociationTimeLimit": "slurm.time",
    ]
}
