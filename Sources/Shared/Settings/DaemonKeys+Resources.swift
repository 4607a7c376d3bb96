extension DaemonSettings {
    /// The keys of `[resources]` and `[pause]`.
    static let resourceKeys: [SettingsKey<DaemonSettings>] = [
        .text(
            "resources.memory_max", default: "no limit",
            """
            Most memory that a worker of a pipeline may have with all that it has read, such as \"4G\"; beyond it the \
            kernel ends it, and it is tried again with smaller micro-batches (docs/operating.md).
            """,
            read: { $0.resources.memoryBytes.map(String.init) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes >= 64 << 20 else { return "a size of at least \"64M\"" }
            $0.resources.memoryBytes = bytes
            return nil
        },
        .whole(
            "resources.cpu_weight", \.resources.cpuWeight, in: 1...10_000,
            "A worker's share of the processor beside other workers, which have 100 each."),
        .whole(
            "resources.io_weight", \.resources.ioWeight, in: 1...10_000,
            "A worker's share of the disk beside other workers, where the disk's scheduler heeds weights."),
        .flag(
            "resources.idle", \.resources.isIdle,
            "Workers of pipelines take only what no other program wants of processor and disk."),
        .number(
            "pause.memory_pressure", \.pause.memoryPressure, in: 0...100,
            """
            Runs wait at a checkpoint while processes of this machine wait for memory for so many percent of the time, \
            and go on by themselves. 0: never.
            """),
        .number(
            "pause.cpu_pressure", \.pause.cpuPressure, in: 0...100,
            "The same for processes that wait for a processor; workers that have too few count as well. 0: never."),
        .flag(
            "pause.on_battery", \.pause.onBattery, "Runs wait at a checkpoint while the machine runs on a battery."),
    ]
}
