/// Whether bytes are UTF-8.
package enum UTF8Check {
    /// What was found: the place of the first byte that is not UTF-8, and whether any character before it needs more
    /// than a byte.
    package struct Finding: Hashable, Sendable {
        package var firstInvalid: Int?
        package var isASCII: Bool
    }

    /// Looks through `bytes`: eight at a time while they are ASCII. Follows table 3-7 of the Unicode standard (no
    /// overlong forms, no surrogates).
    package static func check(_ bytes: UnsafeBufferPointer<UInt8>) -> Finding {
        guard let base = bytes.baseAddress else { return Finding(firstInvalid: nil, isASCII: true) }
        let raw = UnsafeRawPointer(base)
        let count = bytes.count
        var at = 0
        var isASCII = true
        while at < count {
            while at + 8 <= count, raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
                at += 8
            }
            guard at < count else { break }
            let first = base[at]
            if first < 0x80 {
                at += 1
                continue
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch first {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return Finding(firstInvalid: at, isASCII: isASCII)
            }
            guard at + length <= count, second.contains(base[at + 1]) else {
                return Finding(firstInvalid: at, isASCII: isASCII)
            }
            for index in 2..<max(2, length) where base[at + index] & 0xC0 != 0x80 {
                return Finding(firstInvalid: at, isASCII: isASCII)
            }
            isASCII = false
            at += length
        }
        return Finding(firstInvalid: nil, isASCII: isASCII)
    }
}
