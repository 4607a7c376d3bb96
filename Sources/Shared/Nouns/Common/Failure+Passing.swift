extension Failure {
    /// Whether what is wrong is the machine's and may pass by itself or by somebody's hand: whoever meets it waits and
    /// tries again, and nothing fails by it.
    package var isPassing: Bool { Self.passing.contains(code) }

    /// Whether a worker's death may have been the machine's doing, so that its run is queued again once.
    package var mayHavePassed: Bool { isPassing || Self.deaths.contains(code) }

    private static let passing: Set<String> = [
        "disk.full", "disk.error", "files.limit", "ledger.busy", "ledger.io", "pipeline.gone",
        "engine.unknown",
    ]
    private static let deaths: Set<String> = [
        "worker.killed", "worker.out_of_memory", "worker.not_started", "worker.gone", "worker.hung",
    ]
}
