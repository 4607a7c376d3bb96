/// How a file is compressed, by its first bytes.
package enum CompressionKind: String, Hashable, Sendable, CaseIterable {
    case gzip, zstd

    /// The ending that such files have by custom.
    package var suffix: String {
        switch self {
        case .gzip: "gz"
        case .zstd: "zst"
        }
    }

    /// What the first four or more bytes of a file say; nil where it is not compressed in a way known here.
    package init?(magic bytes: some Collection<UInt8>) {
        let first = Array(bytes.prefix(4))
        if first.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if first == [0x28, 0xB5, 0x2F, 0xFD]
            || (first.count == 4 && first[0] & 0xF0 == 0x50 && first[1...] == [0x2A, 0x4D, 0x18])
        {
            // A frame, or a skippable frame before one (RFC 8878).
            self = .zstd
        } else {
            return nil
        }
    }

    package func reader() throws -> any Decompressor {
        switch self {
        case .gzip: try GzipReader()
        case .zstd: try ZstdReader()
        }
    }
}
