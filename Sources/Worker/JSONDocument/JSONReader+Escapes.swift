extension JSONReader {
    /// The bytes that a string's literal stands for; `start` is the literal's offset, for failures.
    func unescaped(_ literal: UnsafeRawBufferPointer, at start: Int) throws(JSONFailure) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(literal.count)
        var place = 0
        while place < literal.count {
            let byte = literal[place]
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            // The reader passes over whatever follows a backslash, so there is a byte.
            let letter = literal[place]
            place += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                result.append(contentsOf: String(try Self.scalar(literal, &place, start)).utf8)
            default:
                throw JSONFailure(
                    offset: start + place - 2, problem: "“\\\(Character(Unicode.Scalar(letter)))” is no escape")
            }
        }
        return result
    }

    /// The character of `\u` escapes whose digits begin at `place`: one, or two that are a surrogate pair.
    private static func scalar(_ literal: UnsafeRawBufferPointer, _ place: inout Int, _ start: Int)
        throws(JSONFailure) -> Unicode.Scalar
    {
        var code = try hexadecimal(literal, &place, start)
        if (0xD800..<0xDC00).contains(code), place + 1 < literal.count, literal[place] == UInt8(ascii: "\\"),
            literal[place + 1] == UInt8(ascii: "u")
        {
            place += 2
            let low = try hexadecimal(literal, &place, start)
            if (0xDC00..<0xE000).contains(low) { code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) }
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw JSONFailure(offset: start + place, problem: "half of a surrogate pair is missing")
        }
        return scalar
    }

    private static func hexadecimal(_ literal: UnsafeRawBufferPointer, _ place: inout Int, _ start: Int)
        throws(JSONFailure) -> UInt32
    {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8? =
                switch place < literal.count ? literal[place] : 0 {
                case let byte where (0x30...0x39).contains(byte): byte - 0x30
                case let byte where (0x41...0x46).contains(byte): byte - 0x37
                case let byte where (0x61...0x66).contains(byte): byte - 0x57
                default: nil
                }
            guard let digit else {
                throw JSONFailure(offset: start + place, problem: "“\\u” needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            place += 1
        }
        return code
    }
}
