import CZstd

/// Zstandard in memory-bounded pieces.
package enum Zstd {
    /// Compresses all of `bytes` into one frame with a checksum.
    package static func compress(_ bytes: [UInt8], level: Int32 = 3) throws -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { throw CompressionFailure("zstd: out of memory") }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let size = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        guard ZSTD_isError(size) == 0 else {
            throw CompressionFailure("zstd: \(String(cString: ZSTD_getErrorName(size)))")
        }
        output.removeLast(output.count - size)
        return output
    }
}

/// Decompresses a Zstandard stream piece by piece; what comes out is handed on in pieces of at most 128 KiB.
package final class ZstdReader {
    private let context: OpaquePointer
    private var output = [UInt8](repeating: 0, count: 1 << 17)
    /// Whether the input so far ends at the end of a frame.
    package private(set) var isComplete = true

    /// - Parameter maximumWindowLog: refuses frames that would need more memory (2^n bytes) than this.
    package init(maximumWindowLog: Int32 = 27) throws {
        guard let context = ZSTD_createDCtx() else { throw CompressionFailure("zstd: out of memory") }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, maximumWindowLog)
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Feeds compressed bytes; `body` gets what they expand to.
    package func push(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var full = false
        while input.pos < input.size || full {
            let (left, written) = output.withUnsafeMutableBytes { buffer in
                var out = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                let left = ZSTD_decompressStream(context, &out, &input)
                return (left, out.pos)
            }
            guard ZSTD_isError(left) == 0 else {
                throw CompressionFailure("zstd: \(String(cString: ZSTD_getErrorName(left)))")
            }
            isComplete = left == 0
            if written > 0 { try output.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
            // A frame that ended has nothing more to give, and to ask would begin the next one.
            full = written == output.count && left != 0
        }
    }
}
