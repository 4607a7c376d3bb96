#if canImport(Glibc)
    import Glibc
#endif

/// Numbers in memory of their own, aligned to a cache line and zero at first; grown, never shrunk.
package final class FloatBuffer: @unchecked Sendable {
    /// The numbers; valid until the next ``reserve(_:)``.
    package private(set) var pointer: UnsafeMutablePointer<Float>
    package private(set) var count: Int

    /// Memory the machine would not give.
    package struct OutOfMemory: Error, CustomStringConvertible {
        package let bytes: Int
        package var description: String { "\(bytes >> 20) MiB of memory could not be had" }
    }

    package init(_ count: Int = 0) throws {
        self.count = 0
        pointer = try Self.allocate(max(count, 16))
        self.count = max(count, 16)
    }

    deinit { munmap(pointer, count * MemoryLayout<Float>.stride) }

    /// Makes room for at least `wanted` numbers; the old contents are lost when it grows.
    package func reserve(_ wanted: Int) throws {
        guard wanted > count else { return }
        munmap(pointer, count * MemoryLayout<Float>.stride)
        count = 0
        pointer = try Self.allocate(wanted)
        count = wanted
    }

    /// All numbers, to read or write.
    package var all: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

    package func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

    // Fresh pages are zero and cost nothing until they are touched.
    private static func allocate(_ count: Int) throws -> UnsafeMutablePointer<Float> {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        guard !overflow, let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { throw OutOfMemory(bytes: bytes) }
        return memory.bindMemory(to: Float.self, capacity: count)
    }
}
