#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The `%` formats that templates use: `%s %r %d %i %x %f`, with a width and a precision.
enum PrintfFormat {
    static func format(_ format: TemplateText, _ values: [TemplateValue]) throws -> TemplateText {
        var result = TemplateText()
        var (index, used) = (0, 0)
        let bytes = format.bytes
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                let start = index
                while index < bytes.count, bytes[index] != UInt8(ascii: "%") { index += 1 }
                result.append(format[start..<index])
                continue
            }
            var end = index + 1
            while end < bytes.count, "-0123456789. +".utf8.contains(bytes[end]) { end += 1 }
            guard end < bytes.count else { throw TemplateFailure.evaluation("the format ends in an unfinished '%'") }
            let flags = String(decoding: bytes[index + 1..<end], as: UTF8.self)
            if bytes[end] == UInt8(ascii: "%") {
                result.append(format[end..<end + 1])
            } else {
                guard used < values.count else {
                    throw TemplateFailure.evaluation("the format has more places than values")
                }
                result.append(try write(values[used], bytes[end], flags))
                used += 1
            }
            index = end + 1
        }
        guard used == values.count else { throw TemplateFailure.evaluation("the format has fewer places than values") }
        return result
    }

    private static func write(_ value: TemplateValue, _ kind: UInt8, _ flags: String) throws -> TemplateText {
        switch kind {
        case UInt8(ascii: "s"): return try padded(try value.text(), flags)
        case UInt8(ascii: "r"): return try padded(try value.representation(), flags)
        case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "x"):
            let number = Interpreter.double(value)
            guard number.isFinite, abs(number) < 9e18 else { throw TemplateFailure.evaluation("'%d' needs a number") }
            var whole = Int(number)
            if case .int(let exact) = value { whole = exact }
            return try padded(TemplateText(String(whole, radix: kind == UInt8(ascii: "x") ? 16 : 10)), flags)
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            let number = Interpreter.double(value)
            guard !number.isNaN || { if case .double = value { true } else { false } }() else {
                throw TemplateFailure.evaluation("'%f' needs a number, not a \(value.typeName)")
            }
            let parts = flags.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let places = parts.count > 1 ? Int(parts[1]) ?? 0 : 6
            return try padded(TemplateText(decimal(number, min(max(places, 0), 300))), String(parts.first ?? ""))
        default: throw TemplateFailure.evaluation("the format '%\(Character(Unicode.Scalar(kind)))' is not supported")
        }
    }

    /// A number with this many digits after the point.
    static func decimal(_ number: Double, _ places: Int) -> String {
        var buffer = [CChar](repeating: 0, count: 700)
        let count = withVaList([Int32(places), number]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
        return String(
            decoding: buffer[..<max(0, min(Int(count), buffer.count - 1))].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func padded(_ text: TemplateText, _ flags: String) throws -> TemplateText {
        let parts = flags.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let first = String(parts.first ?? "")
        let width = Int(first.drop { $0 == "-" || $0 == "+" || $0 == " " }) ?? 0
        guard width <= 10_000 else { throw TemplateFailure(.limit, "a format is wider than 10000") }
        let missing = width - text.scalarCount
        guard missing > 0 else { return text }
        let fill = first.first == "0" ? "0" : " "
        let padding = TemplateText(String(repeating: fill, count: missing))
        return first.contains("-") ? text + padding : padding + text
    }
}
