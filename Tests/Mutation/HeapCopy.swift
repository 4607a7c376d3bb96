/// Bytes in an allocation of exactly their size, so that an address sanitizer sees a read just past the end.
package final class HeapCopy: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    package init(_ source: [UInt8]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        buffer.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(buffer)
    }

    deinit { bytes.deallocate() }
}
