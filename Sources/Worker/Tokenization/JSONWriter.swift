/// Writes JSON text; keys keep their order and strings their exact bytes.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// An object; `body` writes its members with `key`.
    mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested("{", "}", body)
    }

    /// An array; `body` begins each element with `element`.
    mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested("[", "]", body)
    }

    private mutating func nested(_ open: String, _ close: String, _ body: (inout JSONWriter) throws -> Void) rethrows {
        raw(open)
        needsComma = false
        try body(&self)
        raw(close)
        needsComma = true
    }

    /// Begins an element of an array.
    mutating func element() {
        if needsComma { raw(",") }
        needsComma = true
    }

    /// Begins a member of an object.
    mutating func key(_ name: String) {
        element()
        string(name)
        raw(":")
    }

    mutating func member(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { raw("null") }
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    mutating func member(_ name: String, _ value: Int) {
        key(name)
        raw(String(value))
    }

    mutating func string(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0x0A: raw("\\n")
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                raw("\\u00")
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
        needsComma = true
    }
}
