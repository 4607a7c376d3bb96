/// Parses untrusted JSON (RFC 8259): depth is limited, keys are unique, and a failure names its offset.
struct JSONReader {
    private static let deepest = 64

    private let file: String
    private let bytes: UnsafeRawBufferPointer
    private let base: Int
    private var offset = 0

    /// Parses one whole document. `base` is the document's own offset in the file, for messages.
    static func parse(_ bytes: UnsafeRawBufferPointer, file: String, base: Int = 0) throws(WeightFileError) -> JSONNode
    {
        var reader = JSONReader(file: file, bytes: bytes, base: base)
        let node = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == bytes.count else {
            throw reader.failure("something follows the end of the JSON document")
        }
        return node
    }

    private init(file: String, bytes: UnsafeRawBufferPointer, base: Int) {
        self.file = file
        self.bytes = bytes
        self.base = base
    }

    private func failure(_ problem: String, at place: Int? = nil) -> WeightFileError {
        WeightFileError(
            .malformed, file: file, place: "offset \(base + (place ?? offset))", problem: "\(problem)",
            remedy: "Copy or download the file again.")
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func literal(_ word: StaticString, _ node: JSONNode) throws(WeightFileError) -> JSONNode {
        let count = word.utf8CodeUnitCount
        guard bytes.count - offset >= count, (0..<count).allSatisfy({ bytes[offset + $0] == word.utf8Start[$0] }) else {
            throw failure("this is no JSON value")
        }
        offset += count
        return node
    }

    private mutating func value(depth: Int) throws(WeightFileError) -> JSONNode {
        guard depth < Self.deepest else { throw failure("the document nests deeper than \(Self.deepest) levels") }
        skipSpace()
        guard let byte = next else { throw failure("the document ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .list(try list(depth: depth))
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try literal("true", .flag(true))
        case UInt8(ascii: "f"): return try literal("false", .flag(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("the byte \(byte) begins no JSON value")
        }
    }

    private mutating func object(depth: Int) throws(WeightFileError) -> [String: JSONNode] {
        offset += 1
        var members: [String: JSONNode] = [:]
        if take(UInt8(ascii: "}")) { return members }
        repeat {
            skipSpace()
            let place = offset
            guard next == UInt8(ascii: "\"") else { throw failure("an object's key must be a string") }
            let key = try text()
            guard take(UInt8(ascii: ":")) else { throw failure("“:” is missing after the key \(key)") }
            guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw failure("the key \(key) appears twice", at: place)
            }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("“}” is missing") }
        return members
    }

    private mutating func list(depth: Int) throws(WeightFileError) -> [JSONNode] {
        offset += 1
        var elements: [JSONNode] = []
        if take(UInt8(ascii: "]")) { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("“]” is missing") }
        return elements
    }

    private mutating func number() throws(WeightFileError) -> JSONNode {
        let start = offset
        var whole = true
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): whole = false
            default:
                return try finish(start, whole)
            }
            offset += 1
        }
        return try finish(start, whole)
    }

    private func finish(_ start: Int, _ whole: Bool) throws(WeightFileError) -> JSONNode {
        let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
        if whole, let value = Int64(digits) { return .integer(value) }
        guard let value = Double(digits), value.isFinite else { throw failure("“\(digits)” is no number", at: start) }
        return .number(value)
    }

    private mutating func text() throws(WeightFileError) -> String {
        offset += 1
        let start = offset
        var units: [UInt8]?
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                defer { offset += 1 }
                let result =
                    units.map { String(validating: $0, as: UTF8.self) }
                    ?? String(validating: bytes[start..<offset], as: UTF8.self)
                guard let result else { throw failure("this text is not valid UTF-8", at: start) }
                return result
            case UInt8(ascii: "\\"):
                if units == nil { units = Array(bytes[start..<offset]) }
                offset += 1
                units?.append(contentsOf: try escape())
            case 0..<0x20:
                throw failure("a text holds the bare control character \(byte)")
            default:
                units?.append(byte)
                offset += 1
            }
        }
        throw failure("a text does not end", at: start)
    }

    private mutating func escape() throws(WeightFileError) -> [UInt8] {
        guard let byte = next else { throw failure("a text does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\") {
                offset += 1
                guard next == UInt8(ascii: "u") else { throw failure("half of a surrogate pair is missing") }
                offset += 1
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair is missing") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair is missing") }
            return Array(String(Character(scalar)).utf8)
        default: throw failure("“\\\(Character(Unicode.Scalar(byte)))” is no escape", at: offset - 1)
        }
    }

    private mutating func hexadecimal() throws(WeightFileError) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("“\\u” needs four hexadecimal digits")
            }
            code = code << 4 | UInt16(digit)
            offset += 1
        }
        return code
    }
}
