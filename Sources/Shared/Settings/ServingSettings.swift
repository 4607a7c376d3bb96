/// How models answer, the table `[serving]` of `finetuned.toml`, every default filled in.
package struct ServingSettings: Codable, Hashable, Sendable {
    /// What keys and values may take, those of former prompts included, in bytes.
    package var memoryBytes = 1 << 30
    /// Requests that may wait.
    package var queue = 256
    /// The longest prompt with its answer, in tokens (nil: what the model and the memory allow).
    package var context: Int?
    /// Seconds after which a worker that nobody asks leaves.
    package var idleSeconds = 600.0
    /// Whether the worker starts with the daemon, and stays.
    package var preload = false
    /// Compute threads (nil: as many as another worker has).
    package var threads: Int?
    package init() {}
}
