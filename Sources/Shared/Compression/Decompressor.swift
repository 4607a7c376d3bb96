/// Something that expands a compressed stream piece by piece, in memory that does not grow with the stream.
package protocol Decompressor: AnyObject {
    /// Whether the input so far ends where a frame or member ends.
    var isComplete: Bool { get }

    /// Feeds at most 4 GiB of compressed bytes; `body` gets what they expand to, in small pieces. Throws
    /// ``CompressionFailure``.
    func push(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
}

extension ZstdReader: Decompressor {}
