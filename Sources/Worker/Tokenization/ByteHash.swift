#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fast hash of short runs of bytes, of good quality in its low bits; not for use against chosen collisions beyond
/// the bounded probing of its users.
enum ByteHash {
    @inline(__always)
    static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        var state = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        if count >= 8 {
            var offset = 0
            while offset + 8 <= count {
                state = mix(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            // The last read of eight bytes overlaps the one before it, so no read passes the end.
            return mix(state ^ raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
        }
        if count >= 4 {
            let low = UInt64(raw.loadUnaligned(as: UInt32.self))
            let high = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            return mix(state ^ (low | high << 32))
        }
        guard count > 0 else { return mix(state) }
        let value = UInt64(bytes[0]) | UInt64(bytes[count >> 1]) << 8 | UInt64(bytes[count - 1]) << 16
        return mix(state ^ value)
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }

    @inline(__always)
    static func equal(_ buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ key: UnsafePointer<UInt8>, _ count: Int)
        -> Bool
    {
        guard count > 0, let base = buffer.baseAddress else { return count == 0 }
        return memcmp(base + start, key, count) == 0
    }
}
