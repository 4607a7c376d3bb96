extension DaemonSettings {
    /// Every key of `finetuned.toml`.
    package static let keys: [SettingsKey<DaemonSettings>] = ownKeys + resourceKeys + apiKeys

    private static let ownKeys: [SettingsKey<DaemonSettings>] = [
        .optionalWhole(
            "worker.threads", \.workerThreads, in: 1...1024, default: "one a core", "Compute threads of a worker."),
        .whole(
            "base.probe_texts", \.probeTexts, in: 0...4096,
            "Texts sampled from a base when it is registered: the probe that shows what later models forget. 0: none."),
        .text(
            "worker.memory", default: "\"512M\"",
            "Memory a worker sizes its micro-batches for, such as \"512M\" or \"2G\".",
            read: { String($0.workerMemoryBytes) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes >= 64 << 20 else { return "a size of at least \"64M\"" }
            $0.workerMemoryBytes = bytes
            return nil
        },
        .text(
            "worker.program", default: "finetune-worker beside the daemon",
            "The program to run as worker, as an absolute path: the engine for work that no `[engines.NAME]` claims.",
            read: { $0.workerProgram }
        ) {
            $0.workerProgram = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .text(
            "worker.launcher", default: "\"local\"",
            "Who starts workers, from the daemon's next start on: `local` runs them as processes of the daemon.",
            read: { $0.launcher }
        ) {
            $0.launcher = $1
            return $1.isEmpty ? "the name of a launcher" : nil
        },
        .textTable(
            "worker.launcher_options", default: "none",
            """
            What the launcher is told. `local`: `grace_seconds`, from 1 to 3600, is how long a worker may take to end \
            its step and write its checkpoint before it is killed (60).
            """,
            read: { $0.launcherOptions }
        ) {
            $0.launcherOptions = $1
            return nil
        },
        .number(
            "worker.silence_seconds", \.workerSilenceSeconds, in: 1...86_400,
            "A worker that says nothing for so long is restarted."),
        .whole(
            "worker.attempts", \.workerAttempts, in: 1...100,
            "Workers that may die in one stage before the run fails."),
        .text(
            "serving.memory", default: "\"1G\"",
            "Memory for keys and values while models answer, those of former prompts included.",
            read: { String($0.serving.memoryBytes) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes >= 64 << 20 else { return "a size of at least \"64M\"" }
            $0.serving.memoryBytes = bytes
            return nil
        },
        .whole(
            "serving.queue", \.serving.queue, in: 1...65_536,
            "Requests that may wait; no caller may hold more than half of them."),
        .optionalWhole(
            "serving.context", \.serving.context, in: 16...16_777_216, default: "the model's, as the memory allows",
            "The longest prompt with its answer, in tokens."),
        .number(
            "serving.idle_seconds", \.serving.idleSeconds, in: 1...31_536_000,
            "A serving worker that nobody asks for so long leaves and gives its memory back."),
        .flag(
            "serving.preload", \.serving.preload,
            "Start the serving worker with the daemon, load what the pipelines serve, and keep it."),
        .optionalWhole(
            "serving.threads", \.serving.threads, in: 1...1024, default: "as `worker.threads`",
            "Compute threads of the serving worker."),
        .whole("compute_slots", \.computeSlots, in: 1...64, "Runs at work at the same time."),
        .number(
            "scan_seconds", \.scanSeconds, in: 0.1...86_400, "Time between full scans of the drop folders."
        ),
        .number(
            "quiet_seconds", \.quietSeconds, in: 0.05...3600,
            "A file written in place is complete after so long without a write."),
        .text(
            "minimum_free", default: "\"1G\"", "Start nothing new with less free disk than this.",
            read: { String($0.minimumFreeBytes) }
        ) {
            guard let bytes = DaemonSettings.bytes($1) else { return "a size such as \"1G\"" }
            $0.minimumFreeBytes = bytes
            return nil
        },
        .text(
            "uploads_per_user", default: "\"64G\"",
            "Most that the files of one person's open uploads may have together; minimum_free bounds them as well.",
            read: { String($0.uploadBytesPerUser) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes > 0 else { return "a size such as \"64G\"" }
            $0.uploadBytesPerUser = bytes
            return nil
        },
        .text(
            "data.parquet_reader", default: "`duckdb`, else `python3` with pyarrow, where they are installed",
            """
            The program that reads Parquet files, as an absolute path: DuckDB's command line, or a Python with pyarrow \
            where the program's name begins with `python`.
            """,
            read: { $0.parquetReader }
        ) {
            $0.parquetReader = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .whole(
            "retention.keep", \.retention.keep, in: 1...1_000_000,
            "The newest models of a pipeline whose files stay: so many promoted ones, and as many others."),
        .whole(
            "retention.keep_days", \.retention.keepDays, in: 0...36_500,
            "Days for which a model's files stay, whatever their number. Records stay for ever."),
        .text(
            "retention.maximum_bytes", default: "\"0\"",
            "Most that the models of one pipeline may take, such as \"20G\"; the oldest go first. \"0\": no limit.",
            read: { String($0.retention.maximumBytes) }
        ) {
            guard let bytes = DaemonSettings.bytes($1) else { return "a size such as \"20G\"" }
            $0.retention.maximumBytes = bytes
            return nil
        },
        .whole(
            "retention.originals_days", \.retention.originalsDays, in: 0...36_500,
            "Days for which the original files of drops stay; their rows stay all the same. 0: for ever."),
        .text("log_level", default: "\"info\"", "debug, info, notice, warning or error.", read: { $0.logLevel }) {
            $0.logLevel = $1
            return ["debug", "info", "notice", "warning", "error"].contains($1)
                ? nil : "debug, info, notice, warning or error"
        },
    ]

    /// `512M` and the like in bytes; K, M, G, T are powers of 1024.
    static func bytes(_ text: String) -> Int? {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        guard let last = text.last else { return nil }
        let unit = units[last] ?? 1
        guard let number = Int(units[last] == nil ? text : String(text.dropLast())), number >= 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }
}
