/// Helpers over raw UTF-8.
enum UTF8Text {
    /// The scalar at `index` and its length in bytes; a truncated or wrong lead byte gives the replacement character
    /// and length 1.
    @inline(__always)
    static func scalar(_ text: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> (UInt32, Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = length(first)
        guard length > 1, index + length <= end else { return (0xFFFD, 1) }
        switch length {
        case 2: return (UInt32(first & 0x1F) << 6 | UInt32(text[index + 1] & 0x3F), 2)
        case 3:
            return (
                UInt32(first & 0x0F) << 12 | UInt32(text[index + 1] & 0x3F) << 6 | UInt32(text[index + 2] & 0x3F), 3
            )
        default:
            let high = UInt32(first & 0x07) << 18 | UInt32(text[index + 1] & 0x3F) << 12
            return (high | UInt32(text[index + 2] & 0x3F) << 6 | UInt32(text[index + 3] & 0x3F), 4)
        }
    }

    /// The length in bytes of the sequence that a lead byte opens; 1 for a byte that opens none.
    @inline(__always)
    static func length(_ lead: UInt8) -> Int {
        if lead < 0xC2 { return 1 }
        if lead < 0xE0 { return 2 }
        if lead < 0xF0 { return 3 }
        return lead < 0xF5 ? 4 : 1
    }
}
