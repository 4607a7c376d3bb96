/// What the daemon's machine has for one more base.
package struct BaseRoom: Codable, Hashable, Sendable {
    /// Bytes that files may take on the daemon's disk.
    package var freeBytes: Int
    /// Bytes of memory that the machine has, and that are free now.
    package var memoryBytes: Int
    package var availableBytes: Int
    /// Bytes that a worker may take besides the weights (`worker.memory`).
    package var workerBytes: Int
    package init(freeBytes: Int, memoryBytes: Int, availableBytes: Int, workerBytes: Int) {
        self.freeBytes = freeBytes
        self.memoryBytes = memoryBytes
        self.availableBytes = availableBytes
        self.workerBytes = workerBytes
    }
}
