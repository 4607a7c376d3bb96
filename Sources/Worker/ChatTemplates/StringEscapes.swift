/// Python's escapes in string literals.
enum StringEscapes {
    static func decode(_ literal: ArraySlice<UInt8>, line: Int) throws -> String {
        guard literal.contains(UInt8(ascii: "\\")) else { return String(decoding: literal, as: UTF8.self) }
        var result: [UInt8] = []
        var index = literal.startIndex
        while index < literal.endIndex {
            guard literal[index] == UInt8(ascii: "\\"), index + 1 < literal.endIndex else {
                result.append(literal[index])
                index += 1
                continue
            }
            let escape = literal[index + 1]
            index += 2
            switch escape {
            case 0x0A: break
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "v"): result.append(0x0B)
            case UInt8(ascii: "x"): index = try number(literal, index, digits: 2, line, &result)
            case UInt8(ascii: "u"): index = try number(literal, index, digits: 4, line, &result)
            case UInt8(ascii: "U"): index = try number(literal, index, digits: 8, line, &result)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(escape - 0x30)
                for _ in 0..<2 where index < literal.endIndex && (0x30...0x37).contains(literal[index]) {
                    value = value * 8 + UInt32(literal[index] - 0x30)
                    index += 1
                }
                if let scalar = Unicode.Scalar(value) { result.append(contentsOf: String(scalar).utf8) }
            default:
                result.append(UInt8(ascii: "\\"))
                result.append(escape)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func number(
        _ literal: ArraySlice<UInt8>, _ start: Int, digits: Int, _ line: Int, _ result: inout [UInt8]
    ) throws -> Int {
        guard start + digits <= literal.endIndex,
            let value = UInt32(String(decoding: literal[start..<start + digits], as: UTF8.self), radix: 16),
            literal[start] != UInt8(ascii: "+"), literal[start] != UInt8(ascii: "-")
        else {
            throw TemplateFailure(.syntax, line: line, "a string holds a broken escape of \(digits) hexadecimal digits")
        }
        // Two halves of a surrogate pair are one character, as when Python writes them out.
        if (0xD800...0xDBFF).contains(value), digits == 4, start + 10 <= literal.endIndex,
            literal[start + 4] == UInt8(ascii: "\\"), literal[start + 5] == UInt8(ascii: "u"),
            let low = UInt32(String(decoding: literal[start + 6..<start + 10], as: UTF8.self), radix: 16),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (value - 0xD800) << 10 + (low - 0xDC00))
        {
            result.append(contentsOf: String(scalar).utf8)
            return start + 10
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw TemplateFailure(
                .syntax, line: line, "a string holds the escape of U+\(PythonText.hex(value, 4)), no character")
        }
        result.append(contentsOf: String(scalar).utf8)
        return start + digits
    }
}
