import Contracts
import Foundation
import Platform

/// The identities of the rows seen so far. Beyond a million bytes they lie in a file without a name, so that the
/// daemon's own memory does not grow with the file being read: the kernel writes pages out where it needs them.
package final class RowSet {
    private typealias Key = (UInt64, UInt64)

    private static let inMemory = 1 << 16
    private let folder: String
    private var table: UnsafeMutablePointer<(UInt64, UInt64)>
    private var capacity: Int
    package private(set) var count = 0

    /// - Parameter folder: where the file may lie.
    package init(folder: String) throws {
        self.folder = folder
        capacity = 1 << 10
        table = try Self.map(capacity, folder)
    }

    deinit { munmap(table, capacity * 16) }

    /// Whether the row was not there before.
    package func insert(_ id: RowID) throws -> Bool {
        if (count + 1) * 2 > capacity { try grow() }
        guard Self.put(Self.key(id), table, capacity) else { return false }
        count += 1
        return true
    }

    /// The 128 bits that an identity names. An identity is 32 hexadecimal digits; zero stands for an empty place, and is no digest.
    private static func key(_ id: RowID) -> Key {
        var key: Key = (0, 0)
        for (index, byte) in id.rawValue.utf8.enumerated() {
            let digit = UInt64(byte & 15) + (byte > 57 ? 9 : 0)
            if index < 16 { key.0 = key.0 << 4 | digit } else { key.1 = key.1 << 4 | digit }
        }
        return key
    }

    private static func put(_ key: Key, _ table: UnsafeMutablePointer<(UInt64, UInt64)>, _ capacity: Int) -> Bool {
        var place = Int(truncatingIfNeeded: key.0) & (capacity - 1)
        while table[place] != (0, 0) {
            if table[place] == key { return false }
            place = (place + 1) & (capacity - 1)
        }
        table[place] = key
        return true
    }

    private func grow() throws {
        let larger = try Self.map(capacity * 2, folder)
        for place in 0..<capacity where table[place] != (0, 0) { _ = Self.put(table[place], larger, capacity * 2) }
        munmap(table, capacity * 16)
        table = larger
        capacity *= 2
    }

    private static func map(_ capacity: Int, _ folder: String) throws -> UnsafeMutablePointer<(UInt64, UInt64)> {
        let bytes = capacity * 16
        var descriptor: Int32 = -1
        if capacity > inMemory {
            let path = folder + "/.rows-\(UInt64.random(in: 0...UInt64.max)).tmp"
            descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileFailure("create it", path, errno: errno) }
            unlink(path)
            // Reserved now: a full disk must be an error here, not a signal at the first write to a page.
            let status = posix_fallocate(descriptor, 0, bytes)
            guard status == 0 else {
                close(descriptor)
                throw FileFailure("reserve \(bytes >> 20) MiB for it", path, errno: status)
            }
        }
        defer { if descriptor >= 0 { close(descriptor) } }
        let flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0), memory != MAP_FAILED else {
            throw FileFailure("map \(bytes >> 20) MiB of it", folder, errno: errno)
        }
        return memory.bindMemory(to: (UInt64, UInt64).self, capacity: capacity)
    }
}
