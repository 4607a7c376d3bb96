import Nouns

extension PipelineSettings {
    /// The keys of `[resources]`.
    static let resourceKeys: [SettingsKey<PipelineSettings>] = [
        .text(
            "resources.memory_max", default: "that of finetuned.toml",
            "Most memory that a worker of this pipeline may have with all that it has read, such as \"4G\".",
            read: { $0.resources.memoryBytes.map(String.init) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes >= 64 << 20 else { return "a size of at least \"64M\"" }
            $0.resources.memoryBytes = bytes
            return nil
        },
        .optionalWhole(
            "resources.cpu_weight", \.resources.cpuWeight, in: 1...10_000, default: "that of finetuned.toml",
            "Its workers' share of the processor beside other workers, which have 100 each."),
        .optionalWhole(
            "resources.io_weight", \.resources.ioWeight, in: 1...10_000, default: "that of finetuned.toml",
            "Its workers' share of the disk beside other workers, where the disk's scheduler heeds weights."),
        SettingsKey(
            path: "resources.idle", kind: "true or false",
            documentation: "Its workers take only what no other program wants of processor and disk.",
            fallback: "that of finetuned.toml", read: { $0.resources.isIdle.map { .bool($0) } }
        ) {
            guard let flag = $1.bool else { return "true or false" }
            $0.resources.isIdle = flag
            return nil
        },
    ]
}
