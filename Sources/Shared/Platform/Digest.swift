import Crypto
import Foundation

/// SHA-256 as lower-case hexadecimal.
package enum Digest {
    package static func sha256(_ data: some DataProtocol) -> String { hex(SHA256.hash(data: data)) }

    /// Of a file's bytes, read a megabyte at a time.
    package static func sha256(file path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        return try sha256(descriptor: descriptor, path: path)
    }

    /// Of what remains to be read from an open file.
    package static func sha256(descriptor: Int32, path: String) throws -> String {
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("read it", path, errno: errno)
            }
            if count == 0 { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return hex(hash.finalize())
    }

    /// A digest of bytes that come in pieces.
    package struct Running {
        private var hash = SHA256()
        /// Bytes so far.
        package private(set) var count = 0

        package init() {}

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            hash.update(bufferPointer: bytes)
            count += bytes.count
        }

        /// The digest of all bytes so far.
        package func finish() -> String { Digest.hex(hash.finalize()) }
    }

    fileprivate static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
