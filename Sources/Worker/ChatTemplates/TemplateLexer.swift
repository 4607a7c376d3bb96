/// A piece of template source.
struct TemplateToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case data(String)
        case blockBegin, blockEnd, outputBegin, outputEnd
        case name(String)
        case string(String)
        case int(Int)
        case double(Double)
        case symbol(String)
        case end
    }

    var kind: Kind
    var line: Int
}

/// Cuts template source into tokens as Jinja 2 does with `trim_blocks` and `lstrip_blocks`, which is how transformers
/// sets it.
struct TemplateLexer {
    /// The longest source that is read.
    static let maximumLength = 1 << 20

    private let source: [UInt8]
    private var index = 0
    private var line = 1
    private var tokens: [TemplateToken] = []
    /// Whether what was read last ended a line.
    private var startsLine = true

    static func tokens(of text: String) throws -> [TemplateToken] {
        guard text.utf8.count <= maximumLength else {
            throw TemplateFailure(.syntax, "the template is \(text.utf8.count) bytes long, more than \(maximumLength)")
        }
        var lexer = TemplateLexer(text)
        try lexer.run()
        return lexer.tokens
    }

    private init(_ text: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var afterReturn = false
        for byte in text.utf8 {
            if byte == 0x0D { bytes.append(0x0A) } else if byte != 0x0A || !afterReturn { bytes.append(byte) }
            afterReturn = byte == 0x0D
        }
        // Jinja drops one line end at the very end.
        if bytes.last == 0x0A { bytes.removeLast() }
        source = bytes
    }

    private mutating func run() throws {
        while index < source.count {
            guard let begin = nextBegin() else {
                append(data: index..<source.count)
                advance(to: source.count)
                break
            }
            let data = index..<begin
            let opener = source[begin + 1]
            var after = begin + 2
            let sign = after < source.count && (byte(after) == "-" || byte(after) == "+") ? byte(after) : nil
            if sign != nil { after += 1 }
            append(data: trimmed(data, sign: sign, isOutput: opener == UInt8(ascii: "{")))
            advance(to: begin)
            advance(to: after)
            switch opener {
            case UInt8(ascii: "#"): try skipComment()
            case UInt8(ascii: "{"):
                append(.outputBegin)
                try lexExpression(isBlock: false)
            default:
                if try lexRaw() { continue }
                append(.blockBegin)
                try lexExpression(isBlock: true)
            }
        }
        append(.end)
    }

    private func byte(_ at: Int) -> Character? { at < source.count ? Character(Unicode.Scalar(source[at])) : nil }

    private func matches(_ text: StaticString, at place: Int) -> Bool {
        guard place >= 0, place + text.utf8CodeUnitCount <= source.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { source[place + $0] == text.utf8Start[$0] }
    }

    private func nextBegin() -> Int? {
        var place = index
        while place + 1 < source.count {
            if source[place] == UInt8(ascii: "{") {
                let next = source[place + 1]
                if next == UInt8(ascii: "{") || next == UInt8(ascii: "%") || next == UInt8(ascii: "#") { return place }
            }
            place += 1
        }
        return nil
    }

    /// Data before a tag without what the tag's sign, or `lstrip_blocks`, takes away.
    private func trimmed(_ data: Range<Int>, sign: Character?, isOutput: Bool) -> Range<Int> {
        if sign == "-" {
            let kept = TemplateText(bytes: Array(source[data]), isData: false).stripped(left: false, PythonText.isSpace)
            return data.lowerBound..<data.lowerBound + kept.count
        }
        if sign == "+" || isOutput { return data }
        var start = data.upperBound
        while start > data.lowerBound, source[start - 1] != 0x0A { start -= 1 }
        guard start > data.lowerBound || startsLine else { return data }
        let tail = TemplateText(bytes: Array(source[start..<data.upperBound]), isData: false)
        return tail.trimmed().isEmpty ? data.lowerBound..<start : data
    }

    private mutating func append(data: Range<Int>) {
        if !data.isEmpty { append(.data(String(decoding: source[data], as: UTF8.self))) }
    }

    private mutating func append(_ kind: TemplateToken.Kind) { tokens.append(TemplateToken(kind: kind, line: line)) }

    private mutating func advance(to end: Int) {
        guard end > index else { return }
        for place in index..<min(end, source.count) where source[place] == 0x0A { line += 1 }
        startsLine = end <= source.count && source[end - 1] == 0x0A
        index = end
    }

    /// Passes white space after a tag that ends with a minus.
    private mutating func skipSpace() {
        let rest = TemplateText(bytes: Array(source[index..<min(source.count, index + 4096)]), isData: false)
        let kept = rest.stripped(right: false, PythonText.isSpace)
        advance(to: index + rest.count - kept.count)
        if kept.isEmpty, rest.count == 4096 { skipSpace() }
    }

    /// Passes the end of a block or comment, of which `closer` is the first character, if it is here.
    private mutating func passEnd(_ closer: StaticString, _ signed: (StaticString, StaticString)) -> Bool {
        if matches(signed.0, at: index) {
            advance(to: index + 3)
            skipSpace()
            return true
        }
        if matches(signed.1, at: index) {
            advance(to: index + 3)
            return true
        }
        guard matches(closer, at: index) else { return false }
        advance(to: index + (matches("\n", at: index + 2) ? 3 : 2))
        return true
    }

    private mutating func skipComment() throws {
        let start = line
        while index < source.count {
            if passEnd("#}", ("-#}", "+#}")) { return }
            advance(to: index + 1)
        }
        throw TemplateFailure(.syntax, line: start, "a comment is not closed")
    }

    /// Reads `raw … endraw` after the opening of a block, if it is one.
    private mutating func lexRaw() throws -> Bool {
        var place = index
        func space() {
            while place < source.count, source[place] == 0x20 || (0x09...0x0D).contains(source[place]) { place += 1 }
        }
        space()
        guard matches("raw", at: place) else { return false }
        place += 3
        space()
        let strips = matches("-%}", at: place)
        guard strips || matches("%}", at: place) else { return false }
        let start = line
        advance(to: place + (strips ? 3 : 2))
        if strips { skipSpace() }
        let bodyStart = index
        place = index
        while place + 1 < source.count {
            if matches("{%", at: place) {
                let begin = place
                place += 2
                let sign = byte(place) == "-" || byte(place) == "+" ? byte(place) : nil
                if sign != nil { place += 1 }
                space()
                if matches("endraw", at: place) {
                    place += 6
                    space()
                    if matches("%}", at: place) || matches("-%}", at: place) || matches("+%}", at: place) {
                        append(data: trimmed(bodyStart..<begin, sign: sign, isOutput: false))
                        advance(to: place)
                        _ = passEnd("%}", ("-%}", "+%}"))
                        return true
                    }
                }
                place = begin + 2
            } else {
                place += 1
            }
        }
        throw TemplateFailure(.syntax, line: start, "a raw block is not closed")
    }

    private static let symbols = [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":",
        "|", ",", ";",
    ]

    private mutating func lexExpression(isBlock: Bool) throws {
        let start = line
        var open: [UInt8] = []
        while index < source.count {
            if open.isEmpty {
                if isBlock, passEnd("%}", ("-%}", "+%}")) {
                    append(.blockEnd)
                    return
                }
                if !isBlock, matches("-}}", at: index) {
                    advance(to: index + 3)
                    skipSpace()
                    append(.outputEnd)
                    return
                }
                if !isBlock, matches("}}", at: index) {
                    advance(to: index + 2)
                    append(.outputEnd)
                    return
                }
            }
            let byte = source[index]
            switch byte {
            case 0x20, 0x09...0x0D: advance(to: index + 1)
            case UInt8(ascii: "'"), UInt8(ascii: "\""): try lexString(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): try lexNumber()
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                0x80...0xFF:
                lexName()
            default:
                guard let symbol = Self.symbols.first(where: { source[index...].starts(with: $0.utf8) }) else {
                    throw TemplateFailure(
                        .syntax, line: line, "unexpected character '\(Character(Unicode.Scalar(byte)))'")
                }
                if "([{".utf8.contains(byte) { open.append(byte) }
                if ")]}".utf8.contains(byte) {
                    guard let last = open.popLast(), byte == (last == UInt8(ascii: "(") ? last + 1 : last + 2) else {
                        throw TemplateFailure(.syntax, line: line, "unexpected '\(symbol)'")
                    }
                }
                append(.symbol(symbol))
                advance(to: index + symbol.utf8.count)
            }
        }
        throw TemplateFailure(.syntax, line: start, "a \(isBlock ? "block tag" : "print statement") is not closed")
    }

    private mutating func lexName() {
        var end = index
        while end < source.count, source[end] >= 0x80 || Self.isNameByte(source[end]) { end += 1 }
        append(.name(String(decoding: source[index..<end], as: UTF8.self)))
        advance(to: end)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func lexNumber() throws {
        var end = index
        func isDigit(_ place: Int) -> Bool { place < source.count && (0x30...0x39).contains(source[place]) }
        func digits() { while isDigit(end) || (byte(end) == "_" && isDigit(end + 1)) { end += 1 } }
        digits()
        var isFloat = false
        if byte(end) == ".", isDigit(end + 1) {
            isFloat = true
            end += 1
            digits()
        }
        if byte(end) == "e" || byte(end) == "E" {
            let signed = byte(end + 1) == "+" || byte(end + 1) == "-"
            if isDigit(end + (signed ? 2 : 1)) {
                isFloat = true
                end += signed ? 2 : 1
                digits()
            }
        }
        let text = String(decoding: source[index..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        if isFloat, let value = Double(text) {
            append(.double(value))
        } else if let value = Int(text) {
            append(.int(value))
        } else {
            throw TemplateFailure(.syntax, line: line, "the number \(text) is too large")
        }
        advance(to: end)
    }

    private mutating func lexString(_ quote: UInt8) throws {
        var end = index + 1
        while end < source.count, source[end] != quote { end += source[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < source.count else { throw TemplateFailure(.syntax, line: line, "a string is not closed") }
        append(.string(try StringEscapes.decode(source[index + 1..<end], line: line)))
        advance(to: end + 1)
    }
}
