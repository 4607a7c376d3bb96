/// Reads JSON from bytes, with the two large parts of a `tokenizer.json` straight into flat lists.
///
/// Never recurses deeper than `maximumDepth` and never makes more than the file is long.
struct JSONReader {
    static let maximumDepth = 64

    /// What is wrong, and the offset in bytes.
    struct Failure: Error {
        var offset: Int
        var problem: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func failure(_ problem: String) -> Failure { Failure(offset: offset, problem: problem) }

    var isAtEnd: Bool { offset >= bytes.count }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func skip(_ byte: Character) -> Bool {
        guard current == byte.asciiValue else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: Character) throws {
        skipSpace()
        guard skip(byte) else {
            throw failure(
                "expected '\(byte)'\(current.map { ", found '\(Character(Unicode.Scalar($0)))'" } ?? ", found the end")"
            )
        }
    }

    /// Calls `member` for each member of an object, at its value, which it must read.
    mutating func object(_ member: (inout JSONReader, String) throws -> Void) throws {
        try expect("{")
        skipSpace()
        if skip("}") { return }
        repeat {
            skipSpace()
            let key = try string()
            try expect(":")
            skipSpace()
            try member(&self, key)
            skipSpace()
        } while skip(",")
        try expect("}")
    }

    /// Calls `element` at each element of an array, which it must read.
    mutating func array(_ element: (inout JSONReader) throws -> Void) throws {
        try expect("[")
        skipSpace()
        if skip("]") { return }
        repeat {
            skipSpace()
            try element(&self)
            skipSpace()
        } while skip(",")
        try expect("]")
    }

    /// Any value.
    mutating func node(depth: Int = 0) throws -> JSONNode {
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth)") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{")?:
            var members: [(key: String, value: JSONNode)] = []
            try object { reader, key in members.append((key, try reader.node(depth: depth + 1))) }
            return .object(members)
        case UInt8(ascii: "[")?:
            var items: [JSONNode] = []
            try array { reader in items.append(try reader.node(depth: depth + 1)) }
            return .array(items)
        case UInt8(ascii: "\"")?: return .string(try string())
        default:
            if word("null") { return .null }
            if word("true") { return .bool(true) }
            if word("false") { return .bool(false) }
            return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset + count <= bytes.count, (0..<count).allSatisfy({ bytes[offset + $0] == word.utf8Start[$0] }) else {
            return false
        }
        offset += count
        return true
    }

    mutating func number() throws -> Double {
        let start = offset
        var whole = 0
        while let byte = current, byte >= 0x30, byte <= 0x39, offset - start < 15 {
            whole = whole * 10 + Int(byte - 0x30)
            offset += 1
        }
        if offset > start, current.map({ !"+-.eE0123456789".utf8.contains($0) }) ?? true { return Double(whole) }
        while let byte = current, "+-.eE0123456789".utf8.contains(byte) { offset += 1 }
        guard offset > start, let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw Failure(offset: start, problem: "expected a value")
        }
        return value
    }

    /// Whether a string is next.
    var isAtString: Bool { current == UInt8(ascii: "\"") }

    mutating func string() throws -> String {
        guard skip("\"") else { throw failure("expected a string") }
        let start = offset
        var isPlain = true
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                offset += 1
            }
            offset += 1
        }
        guard offset < bytes.count else { throw Failure(offset: start, problem: "a string is not closed") }
        let literal = bytes[start..<offset]
        offset += 1
        return isPlain ? String(decoding: literal, as: UTF8.self) : try Self.unescape(literal)
    }

    private static func unescape(_ literal: Slice<UnsafeBufferPointer<UInt8>>) throws -> String {
        var result: [UInt8] = []
        result.reserveCapacity(literal.count)
        var place = literal.startIndex
        func hex(_ at: Int) -> UInt32? {
            guard at >= literal.startIndex, at + 4 <= literal.endIndex else { return nil }
            var value: UInt32 = 0
            for byte in literal[at..<at + 4] {
                switch byte {
                case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
                case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
                case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
                default: return nil
                }
            }
            return value
        }
        while place < literal.endIndex {
            let byte = literal[place]
            guard byte == UInt8(ascii: "\\"), place + 1 < literal.endIndex else {
                result.append(byte)
                place += 1
                continue
            }
            let escape = literal[place + 1]
            place += 2
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                guard var code = hex(place) else {
                    throw Failure(offset: place, problem: "a broken \\u escape in a string")
                }
                place += 4
                if (0xD800...0xDBFF).contains(code), place + 1 < literal.endIndex, literal[place] == UInt8(ascii: "\\"),
                    literal[place + 1] == UInt8(ascii: "u"), let low = hex(place + 2), (0xDC00...0xDFFF).contains(low)
                {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    place += 6
                }
                result.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
            default: throw Failure(offset: place, problem: "an unknown escape in a string")
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
