import Testing

@testable import Compression

struct CompressionTests {
    static let text = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    /// "hello\n" as gzip 1.12 writes it with `-n`.
    static let member: [UInt8] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 2, 0, 0x20, 0x30, 0x3a, 0x36, 6, 0, 0,
        0,
    ]

    /// What a stream expands to, fed in pieces of `size`.
    func expand(_ reader: any Decompressor, _ bytes: [UInt8], by size: Int) throws -> [UInt8] {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(bytes.count, start + size)].withUnsafeBytes {
                try reader.push($0) { out.append(contentsOf: $0) }
            }
        }
        return out
    }

    @Test(arguments: [1, 7, 4096, 1 << 20]) func whatTheStreamWriterWritesIsReadBackInAnyPieces(size: Int) throws {
        var packed: [UInt8] = []
        let writer = try ZstdWriter { packed.append(contentsOf: $0) }
        for start in stride(from: 0, to: Self.text.count, by: 999) {
            try Self.text[start..<min(Self.text.count, start + 999)].withUnsafeBytes { try writer.write($0) }
        }
        try writer.finish()
        let reader = try ZstdReader()
        #expect(try expand(reader, packed, by: size) == Self.text && reader.isComplete)
        // Two frames are one stream.
        let twice = try ZstdReader()
        #expect(try expand(twice, packed + packed, by: size) == Self.text + Self.text && twice.isComplete)
    }

    @Test(arguments: [1, 5, 4096]) func membersOfAGzipFileFollowEachOther(size: Int) throws {
        let reader = try GzipReader()
        #expect(
            try expand(reader, Self.member + Self.member, by: size) == Array("hello\nhello\n".utf8) && reader.isComplete
        )
        let half = try GzipReader()
        _ = try expand(half, Array(Self.member.dropLast()), by: size)
        #expect(!half.isComplete)
    }

    @Test func damageIsAnErrorAndNeverSilent() throws {
        var damaged = Self.member
        damaged[20] ^= 1
        #expect(throws: CompressionFailure.self) { try expand(try GzipReader(), damaged, by: 4096) }
        var frame = try Zstd.compress(Self.text)
        frame[frame.count - 1] ^= 1
        #expect(throws: CompressionFailure.self) { try expand(try ZstdReader(), frame, by: 4096) }
        // A frame that asks for more memory than is given is refused before it is expanded.
        #expect(throws: CompressionFailure.self) {
            try expand(
                try ZstdReader(maximumWindowLog: 10), try Zstd.compress(Array(repeating: 1, count: 1 << 22)), by: 4096)
        }
    }

    @Test func theFirstBytesTellTheKind() throws {
        let frame = try Zstd.compress([1])
        #expect(CompressionKind(magic: Self.member) == .gzip && CompressionKind(magic: frame) == .zstd)
        #expect(
            CompressionKind(magic: [0x52, 0x2A, 0x4D, 0x18]) == .zstd
                && CompressionKind(magic: Array("{\"a\"".utf8)) == nil && CompressionKind(magic: [0x28]) == nil)
    }
}
