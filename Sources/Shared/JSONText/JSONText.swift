import Nouns

/// Strict JSON (RFC 8259) from bytes, for text that comes from elsewhere.
///
/// Unlike most parsers it refuses a key that occurs twice in one object, since one of the two values would be lost, and
/// unpaired surrogates, which are no text; and a number too large for 64 bits keeps all its digits, as a text. Depth is
/// limited, so that no input can exhaust the stack; nothing is allocated beyond the size of the input.
package struct JSONText {
    /// Nesting beyond this is refused.
    package static let maximumDepth = 128

    /// A document, and the pointers of the numbers that it keeps as texts.
    package struct Document: Sendable {
        package var value: JSONValue
        package var numbersAsText: [String]
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    /// Where the reader is, for the pointer of a fault; only kept as far as it costs nothing.
    private var path: [Step] = []
    private var numbersAsText: [String] = []

    private enum Step {
        case key(String)
        case index(Int)
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads one whole document of valid UTF-8 (see ``UTF8Check``). Throws ``JSONTextFault``.
    package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONTextFault) -> Document {
        var reader = JSONText(bytes)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.at == bytes.count else {
            throw reader.fault("invalid_json", "there is more after the end of the value")
        }
        return Document(value: value, numbersAsText: reader.numbersAsText)
    }

    /// Reads one whole document.
    package static func parse(_ bytes: [UInt8]) throws(JSONTextFault) -> Document {
        let result: Result<Document, JSONTextFault> = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONTextFault) { return .success(try parse(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONTextFault) -> JSONValue {
        guard at < bytes.count else { throw fault("invalid_json", "it ends where a value should be") }
        switch bytes[at] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-") where isWord("-Infinity"):
            throw fault("invalid_json", "-Infinity is no JSON: write null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "N") where isWord("NaN"): throw fault("invalid_json", "NaN is no JSON: write null")
        case UInt8(ascii: "I") where isWord("Infinity"): throw fault("invalid_json", "Infinity is no JSON: write null")
        case UInt8(ascii: "N") where isWord("None"): throw fault("invalid_json", "None is no JSON: write null")
        case UInt8(ascii: "T") where isWord("True"): throw fault("invalid_json", "True is no JSON: write true")
        case UInt8(ascii: "F") where isWord("False"): throw fault("invalid_json", "False is no JSON: write false")
        default: throw fault("invalid_json", "\(shown) begins no value")
        }
    }

    private mutating func object(depth: Int) throws(JSONTextFault) -> JSONValue {
        guard depth < Self.maximumDepth else {
            throw fault("nested_too_deep", "objects and lists are nested more than \(Self.maximumDepth) deep")
        }
        at += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
                throw fault("invalid_json", "a key in quotes should be here, not \(shown)")
            }
            let start = at
            let key = try string()
            skipSpace()
            guard skip(UInt8(ascii: ":")) else {
                throw fault("invalid_json", "a colon should follow the key, not \(shown)")
            }
            skipSpace()
            path.append(.key(key))
            let member = try value(depth: depth + 1)
            if members.updateValue(member, forKey: key) != nil {
                at = start
                throw fault(
                    "duplicate_key", "the key '\(key.prefix(60))' occurs twice, so one of its values would be lost")
            }
            path.removeLast()
            skipSpace()
            if skip(UInt8(ascii: ",")) { continue }
            guard skip(UInt8(ascii: "}")) else {
                throw fault("invalid_json", "a comma or } should be here, not \(shown)")
            }
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(JSONTextFault) -> JSONValue {
        guard depth < Self.maximumDepth else {
            throw fault("nested_too_deep", "objects and lists are nested more than \(Self.maximumDepth) deep")
        }
        at += 1
        var elements: [JSONValue] = []
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            path.append(.index(elements.count))
            elements.append(try value(depth: depth + 1))
            path.removeLast()
            skipSpace()
            if skip(UInt8(ascii: ",")) { continue }
            guard skip(UInt8(ascii: "]")) else {
                throw fault("invalid_json", "a comma or ] should be here, not \(shown)")
            }
            return .array(elements)
        }
    }

    /// Whether these letters stand here.
    private func isWord(_ text: StaticString) -> Bool {
        text.utf8CodeUnitCount <= bytes.count - at
            && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
    }

    mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONTextFault) -> JSONValue {
        guard text.utf8CodeUnitCount <= bytes.count - at else {
            throw fault("invalid_json", "\(shown) begins no value")
        }
        for index in 0..<text.utf8CodeUnitCount where bytes[at + index] != text.utf8Start[index] {
            throw fault("invalid_json", "\(shown) begins no value")
        }
        at += text.utf8CodeUnitCount
        return value
    }

    mutating func number() throws(JSONTextFault) -> JSONValue {
        let start = at
        _ = skip(UInt8(ascii: "-"))
        if skip(UInt8(ascii: "0")) {
            if at < bytes.count, Self.isDigit(bytes[at]) {
                throw fault("invalid_json", "a number begins with a needless 0")
            }
        } else {
            guard digits() > 0 else { throw fault("invalid_json", "a digit should follow the sign") }
        }
        var isWhole = true
        if skip(UInt8(ascii: ".")) {
            isWhole = false
            guard digits() > 0 else { throw fault("invalid_json", "a digit should follow the decimal point") }
        }
        if at < bytes.count, bytes[at] | 32 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            guard digits() > 0 else { throw fault("invalid_json", "a digit should follow the exponent") }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        if !isWhole, let number = Double(text), number.isFinite {
            // A whole number is one however it is written, as it will be when it has been written and read again.
            return Int64(exactly: number).map(JSONValue.integer) ?? .number(number)
        }
        numbersAsText.append(pointer)
        return .string(text)
    }

    private mutating func digits() -> Int {
        let start = at
        while at < bytes.count, Self.isDigit(bytes[at]) { at += 1 }
        return at - start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: Texts

    mutating func string() throws(JSONTextFault) -> String {
        at += 1
        let start = at
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
                at += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escaped(from: start) }
            guard byte >= 32 else {
                throw fault("invalid_json", "a control character (\(byte)) inside a text must be escaped")
            }
            at += 1
        }
        throw fault("invalid_json", "a text has no end")
    }

    /// A text with escapes, from its first byte on; `at` is at the first backslash.
    private mutating func escaped(from start: Int) throws(JSONTextFault) -> String {
        var text = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return String(decoding: text, as: UTF8.self)
            }
            guard byte >= 32 else {
                throw fault("invalid_json", "a control character (\(byte)) inside a text must be escaped")
            }
            at += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard at < bytes.count else { break }
            let kind = bytes[at]
            at += 1
            switch kind {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "u"): text.append(contentsOf: Array(String(Character(try scalar())).utf8))
            default:
                at -= 1
                throw fault("invalid_json", "\\\(shown) is no escape")
            }
        }
        throw fault("invalid_json", "a text has no end")
    }

    /// The scalar of a `\u` escape, which may take two.
    private mutating func scalar() throws(JSONTextFault) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u")
        else {
            throw fault("invalid_unicode", "the escape \\u\(String(high, radix: 16)) is half a character")
        }
        at += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else {
            throw fault("invalid_unicode", "the escape \\u\(String(high, radix: 16)) is half a character")
        }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONTextFault) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fault("invalid_json", "a text has no end") }
        var number: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[at]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw fault("invalid_json", "four hexadecimal digits should follow \\u, not \(shown)")
            }
            number = number << 4 | UInt32(digit)
            at += 1
        }
        return number
    }

    // MARK: Bytes

    mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 32, 9, 10, 13: at += 1
            default: return
            }
        }
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// What is here, for a message.
    var shown: String {
        guard at < bytes.count else { return "the end" }
        let byte = bytes[at]
        guard byte >= 32, byte != 127 else { return "a control character (\(byte))" }
        // The whole character, of which this is the first byte.
        let text = String(decoding: bytes[at..<min(bytes.count, at + 4)], as: UTF8.self)
        return text.unicodeScalars.first.map { "'\($0)'" } ?? "the end"
    }

    private var pointer: String {
        path.map { step in
            switch step {
            case .key(let key): "/" + key.replacing("~", with: "~0").replacing("/", with: "~1")
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    func fault(_ code: String, _ problem: String) -> JSONTextFault {
        JSONTextFault(code: code, offset: min(at, bytes.count), pointer: pointer, problem: problem)
    }
}
