import CZlib

/// Decompresses a gzip stream (RFC 1952, any number of members) piece by piece; what comes out is handed on in pieces
/// of at most 128 KiB.
package final class GzipReader: Decompressor {
    // On the heap, because zlib keeps the address that it was started with.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output = [UInt8](repeating: 0, count: 1 << 17)
    package private(set) var isComplete = true

    package init() throws {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 more to ask for gzip's own header and check sum.
        let status = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw CompressionFailure("gzip: out of memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    package func push(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(clamping: bytes.count)
        var full = false
        while stream.pointee.avail_in > 0 || full {
            if isComplete {
                // The next member begins.
                guard stream.pointee.avail_in > 0 else { return }
                isComplete = false
            }
            let (status, written) = output.withUnsafeMutableBytes { buffer in
                stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: buffer.count)
                let status = inflate(stream, Z_NO_FLUSH)
                return (status, buffer.count - Int(stream.pointee.avail_out))
            }
            if written > 0 { try output.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
            switch status {
            case Z_OK, Z_BUF_ERROR: full = written == output.count
            case Z_STREAM_END:
                isComplete = true
                full = false
                guard inflateReset(stream) == Z_OK else { throw CompressionFailure("gzip: the stream cannot be reset") }
            default:
                let message = stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)"
                throw CompressionFailure("gzip: \(message)")
            }
        }
    }
}
