extension DaemonSettings {
    /// Every key of `finetuned.toml`.
    package static let keys: [SettingsKey<DaemonSettings>] = [
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
        .number(
            "worker.silence_seconds", \.workerSilenceSeconds, in: 1...86_400,
            "A worker that says nothing for so long is restarted."),
        .whole(
            "worker.attempts", \.workerAttempts, in: 1...100,
            "Workers that may die in one stage before the run fails."),
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
