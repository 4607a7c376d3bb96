import Nouns

/// The daemon's own settings, `etc/finetuned/finetuned.toml`, every default filled in.
package struct DaemonSettings: Codable, Hashable, Sendable {
    /// Compute threads of a worker (nil: one per usable core).
    package var workerThreads: Int?
    /// Texts that are sampled from a base when it is registered, as a probe of what it knows; 0: none.
    package var probeTexts = 24
    /// Memory that a worker sizes its micro-batches for, in bytes.
    package var workerMemoryBytes = 512 << 20
    /// Program to launch as worker (nil: `finetune-worker` beside the daemon's own program).
    package var workerProgram: String?
    /// Who starts workers, by the name of a launcher, and what that launcher is told.
    package var launcher = "local"
    package var launcherOptions: [String: String] = [:]
    /// Engines that do some kinds of work in its place.
    package var engines: [EngineSettings] = []
    /// How promoted models answer.
    package var serving = ServingSettings()
    /// How the API is offered over TCP.
    package var api = APISettings()
    /// What a worker may take of the machine, unless its pipeline says otherwise.
    package var resources = ResourceLimits()
    /// When runs give way to the rest of the machine.
    package var pause = PauseSettings()
    /// Runs at work at the same time.
    package var computeSlots = 1
    /// Seconds without any event before a worker counts as hung and is restarted.
    package var workerSilenceSeconds = 300.0
    /// Times a worker is started for one stage before the run fails.
    package var workerAttempts = 3
    /// Seconds between full scans of every drop folder.
    package var scanSeconds = 60.0
    /// A file written in place counts as complete after this many quiet seconds.
    package var quietSeconds = 2.0
    /// Warn, and start nothing new, below this much free disk.
    package var minimumFreeBytes = 1 << 30
    /// Most bytes that one person's open uploads may have together.
    package var uploadBytesPerUser = 64 << 30
    /// The program that reads Parquet files (nil: DuckDB or Python with pyarrow where they are found).
    package var parquetReader: String?
    /// How long files stay that nothing needs.
    package var retention = RetentionSettings()
    /// `debug`, `info`, `notice`, `warning`, `error`.
    package var logLevel = "info"
    package init() {}
}
