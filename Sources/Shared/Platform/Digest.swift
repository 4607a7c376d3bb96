import Foundation

/// SHA-256 as lower-case hexadecimal.
package enum Digest {
    /// Of bytes in memory.
    package static func sha256(_ bytes: some ContiguousBytes) -> String { hex(SHA256.hash(bytes)) }

    /// Of a file's bytes, read a megabyte at a time. Throws a ``FileFailure``, a CancellationError where the task is
    /// cancelled, and what `interruption`, asked before each megabyte, throws.
    package static func sha256(file path: String, interruption: () throws -> Void = {}) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        return try sha256(descriptor: descriptor, path: path, interruption: interruption)
    }

    /// Of what remains to be read from an open file. Throws what `interruption`, asked every megabyte, throws.
    package static func sha256(descriptor: Int32, path: String, interruption: () throws -> Void = {}) throws -> String {
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            try interruption()
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("read it", path, errno: errno)
            }
            if count == 0 { break }
            Pulse.beat()
            try Task.checkCancellation()
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return hex(hash.finish())
    }

    /// Two hexadecimal digits a byte.
    package static func hex(_ bytes: [UInt8]) -> String { hex(bytes[...]) }

    /// Two hexadecimal digits a byte.
    package static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        // Of one type, since each row asks for some: what is generic is many times slower where another module calls.
        let digits = StaticString("0123456789abcdef")
        return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            var end = 0
            for byte in bytes {
                text[end] = digits.utf8Start[Int(byte >> 4)]
                text[end + 1] = digits.utf8Start[Int(byte & 15)]
                end += 2
            }
            return end
        }
    }
}
