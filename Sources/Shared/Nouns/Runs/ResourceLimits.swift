/// What a piece of work may take of the machine, beside other work and other programs.
package struct ResourceLimits: Codable, Hashable, Sendable {
    /// Most bytes of memory (nil: no limit of its own).
    package var memoryBytes: Int?
    /// Its share of the processor and of the disk where several want them, from 1 to 10,000; 100 is usual.
    package var cpuWeight = 100
    package var ioWeight = 100
    /// Whether it takes only what nobody else wants.
    package var isIdle = false

    package init() {}
}
