/// Reads untrusted JSON (RFC 8259) from bytes: a whole document as a tree, or a large object or list member by member.
///
/// Nesting is limited, nothing larger than the document is made, and a failure names its offset. The bytes must outlive
/// the reader.
package struct JSONReader {
    /// The deepest nesting that is read.
    package static let deepest = 64

    /// What becomes of a key that an object has more than once.
    package enum Repetition: Sendable {
        /// It is a failure: two readers could disagree on what is meant.
        case refused
        /// The last value counts, as in Python.
        case lastCounts
    }

    private let bytes: UnsafeRawBufferPointer
    private let repetition: Repetition
    private var depth = 0
    /// The offset of the next byte.
    package private(set) var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer, repetition: Repetition = .refused) {
        self.bytes = bytes
        self.repetition = repetition
    }

    /// Reads one whole document; nothing may follow it.
    package static func document(_ bytes: UnsafeRawBufferPointer, repetition: Repetition = .refused)
        throws(JSONFailure) -> JSONNode
    {
        var reader = JSONReader(bytes, repetition: repetition)
        let node = try reader.node()
        try reader.end()
        return node
    }

    /// Throws unless the document ends here.
    package mutating func end() throws(JSONFailure) {
        skipSpace()
        guard offset == bytes.count else { throw failure("something follows the end of the JSON document") }
    }

    /// A failure at this place, for what the caller finds wrong.
    package func failure(_ problem: String) -> JSONFailure { JSONFailure(offset: offset, problem: problem) }

    private func failure(_ problem: String, at place: Int) -> JSONFailure {
        JSONFailure(offset: place, problem: problem)
    }

    // MARK: Structure

    /// Calls `member` for each member of an object, at its value, which it must read. Keys may repeat.
    package mutating func object(_ member: (inout JSONReader, String) throws -> Void) throws {
        try open("{", "an object")
        if take("}") { return leave() }
        repeat {
            let key = try self.key()
            try member(&self, key)
        } while take(",")
        try close("}")
    }

    /// Calls `element` at each element of a list, which it must read.
    package mutating func list(_ element: (inout JSONReader) throws -> Void) throws {
        try open("[", "a list")
        if take("]") { return leave() }
        repeat { try element(&self) } while take(",")
        try close("]")
    }

    /// Reads any value.
    package mutating func node() throws(JSONFailure) -> JSONNode {
        switch try next() {
        case "{": return .object(try members())
        case "[": return .list(try elements())
        case "\"": return .text(try string())
        case "t": return try literal("true", .flag(true))
        case "f": return try literal("false", .flag(false))
        case "n": return try literal("null", .null)
        default: return try numeral()
        }
    }

    private mutating func members() throws(JSONFailure) -> [String: JSONNode] {
        try open("{", "an object")
        var members: [String: JSONNode] = [:]
        if take("}") {
            leave()
            return members
        }
        repeat {
            skipSpace()
            let place = offset
            let key = try self.key()
            let former = members.updateValue(try node(), forKey: key)
            guard former == nil || repetition == .lastCounts else {
                throw failure("the key \(key) appears twice", at: place)
            }
        } while take(",")
        try close("}")
        return members
    }

    private mutating func elements() throws(JSONFailure) -> [JSONNode] {
        try open("[", "a list")
        var elements: [JSONNode] = []
        if take("]") {
            leave()
            return elements
        }
        repeat { elements.append(try node()) } while take(",")
        try close("]")
        return elements
    }

    private mutating func key() throws(JSONFailure) -> String {
        skipSpace()
        guard isAt("\"") else { throw failure("an object's key must be a string") }
        let key = try string()
        guard take(":") else { throw failure("“:” is missing after the key \(key)") }
        return key
    }

    private mutating func open(_ byte: Unicode.Scalar, _ name: String) throws(JSONFailure) {
        guard take(byte) else { throw failure("\(name) must begin here") }
        guard depth < Self.deepest else { throw failure("the document nests deeper than \(Self.deepest) levels") }
        depth += 1
    }

    private mutating func leave() { depth -= 1 }

    private mutating func close(_ byte: Unicode.Scalar) throws(JSONFailure) {
        guard take(byte) else { throw failure("“\(byte)” is missing") }
        leave()
    }

    // MARK: Values

    /// Whether a string is next.
    package mutating func isAtString() -> Bool {
        skipSpace()
        return isAt("\"")
    }

    /// Reads a string.
    package mutating func string() throws(JSONFailure) -> String {
        guard take("\"") else { throw failure("a text must begin here") }
        let start = offset
        var isPlain = true
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x22:
                let literal = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
                offset += 1
                let text =
                    isPlain
                    ? String(validating: literal, as: UTF8.self)
                    : String(validating: try unescaped(literal, at: start), as: UTF8.self)
                guard let text else { throw failure("this text is not valid UTF-8", at: start) }
                return text
            case 0x5C:
                isPlain = false
                offset += 2
            case 0..<0x20: throw failure("a text holds the bare control character \(bytes[offset])")
            default: offset += 1
            }
        }
        throw failure("a text does not end", at: start)
    }

    /// Reads a number.
    package mutating func number() throws(JSONFailure) -> Double {
        guard let value = try numeral().double else { throw failure("this is no number") }
        return value
    }

    private mutating func numeral() throws(JSONFailure) -> JSONNode {
        skipSpace()
        let start = offset
        // Most numbers are short and whole: ids, shapes and offsets.
        var whole: Int64 = 0
        while offset < bytes.count, offset - start < 18, case let digit = bytes[offset] &- 0x30, digit <= 9 {
            whole = whole * 10 + Int64(digit)
            offset += 1
        }
        if offset > start, offset == bytes.count || !Self.isNumeral(bytes[offset]) { return .integer(whole) }
        while offset < bytes.count, Self.isNumeral(bytes[offset]) { offset += 1 }
        guard offset > start else {
            throw offset < bytes.count
                ? failure("the byte \(bytes[offset]) begins no JSON value") : failure("the document ends too early")
        }
        let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
        if let value = Int64(digits), !digits.hasPrefix("+") { return .integer(value) }
        guard let value = Double(digits), value.isFinite, !digits.hasPrefix("+") else {
            throw failure("“\(digits)” is no number", at: start)
        }
        return .number(value)
    }

    private static func isNumeral(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
        default: false
        }
    }

    private mutating func literal(_ word: StaticString, _ node: JSONNode) throws(JSONFailure) -> JSONNode {
        let count = word.utf8CodeUnitCount
        guard bytes.count - offset >= count, (0..<count).allSatisfy({ bytes[offset + $0] == word.utf8Start[$0] }) else {
            throw failure("this is no JSON value")
        }
        offset += count
        return node
    }

    // MARK: Bytes

    /// The next byte that is no space, as a character; it stays the next.
    private mutating func next() throws(JSONFailure) -> Unicode.Scalar {
        skipSpace()
        guard offset < bytes.count else { throw failure("the document ends too early") }
        return Unicode.Scalar(bytes[offset])
    }

    private func isAt(_ byte: Unicode.Scalar) -> Bool {
        offset < bytes.count && UInt32(bytes[offset]) == byte.value
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard isAt(byte) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }
}
