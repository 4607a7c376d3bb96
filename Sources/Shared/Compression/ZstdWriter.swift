import CZstd

/// Compresses a stream into one Zstandard frame with a checksum, piece by piece.
package final class ZstdWriter {
    private let context: OpaquePointer
    private var output = [UInt8](repeating: 0, count: 1 << 17)
    private let sink: (UnsafeRawBufferPointer) throws -> Void

    /// - Parameter sink: gets the compressed bytes as they come.
    package init(level: Int32 = 3, _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let context = ZSTD_createCCtx() else { throw CompressionFailure("zstd: out of memory") }
        self.context = context
        self.sink = sink
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit { ZSTD_freeCCtx(context) }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while input.pos < input.size { _ = try step(&input, ZSTD_e_continue) }
    }

    /// Ends the frame; nothing may be written after it.
    package func finish() throws {
        var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try step(&input, ZSTD_e_end) != 0 {}
    }

    private func step(_ input: inout ZSTD_inBuffer, _ mode: ZSTD_EndDirective) throws -> Int {
        let (left, written) = output.withUnsafeMutableBytes { buffer in
            var out = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let left = ZSTD_compressStream2(context, &out, &input, mode)
            return (left, out.pos)
        }
        guard ZSTD_isError(left) == 0 else {
            throw CompressionFailure("zstd: \(String(cString: ZSTD_getErrorName(left)))")
        }
        if written > 0 { try output.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
        return left
    }
}
