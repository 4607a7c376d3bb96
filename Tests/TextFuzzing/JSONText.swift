import ChatTemplates

/// Reads JSON into template values; strings count as data.
package enum JSONText {
    /// The value of a JSON text. Throws `TemplateFailure` naming the offset.
    package static func value(_ text: String) throws -> TemplateValue {
        var reader = Reader(bytes: Array(text.utf8))
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == reader.bytes.count else { throw reader.failure("text after the value") }
        return value
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        func failure(_ message: String) -> TemplateFailure {
            TemplateFailure(.evaluation, "JSON at offset \(index): \(message)")
        }

        var current: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func skipSpace() {
            while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        }

        mutating func take(_ word: StaticString) -> Bool {
            guard
                bytes[index...].starts(with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
            else {
                return false
            }
            index += word.utf8CodeUnitCount
            return true
        }

        mutating func value(depth: Int) throws -> TemplateValue {
            guard depth < TemplateList.limit - 2 else { throw failure("nested deeper than \(TemplateList.limit - 2)") }
            switch current {
            case UInt8(ascii: "{")?: return try dictionary(depth)
            case UInt8(ascii: "[")?: return try list(depth)
            case UInt8(ascii: "\"")?: return .data(try string())
            default:
                if take("null") { return .none }
                if take("true") { return .bool(true) }
                if take("false") { return .bool(false) }
                return try number()
            }
        }

        private mutating func list(_ depth: Int) throws -> TemplateValue {
            index += 1
            var items: [TemplateValue] = []
            skipSpace()
            while !take("]") {
                if !items.isEmpty, !take(",") { throw failure("expected ',' or ']'") }
                skipSpace()
                items.append(try value(depth: depth + 1))
                skipSpace()
            }
            return .list(try TemplateList(items))
        }

        private mutating func dictionary(_ depth: Int) throws -> TemplateValue {
            index += 1
            var result = TemplateDictionary()
            skipSpace()
            var isFirst = true
            while !take("}") {
                if !isFirst, !take(",") { throw failure("expected ',' or '}'") }
                isFirst = false
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw failure("expected a key") }
                let key = try string()
                skipSpace()
                guard take(":") else { throw failure("expected ':'") }
                skipSpace()
                try result.setData(key, try value(depth: depth + 1))
                skipSpace()
            }
            return .dictionary(result)
        }

        private mutating func number() throws -> TemplateValue {
            let start = index
            while let byte = current, "+-.eE0123456789".utf8.contains(byte) { index += 1 }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            if let value = Int(text), !text.hasPrefix("+") { return .int(value) }
            guard let first = text.first, first == "-" || first.isNumber, let value = Double(text) else {
                throw failure("expected a value")
            }
            return .double(value)
        }

        private mutating func string() throws -> String {
            index += 1
            let start = index
            while let byte = current, byte != UInt8(ascii: "\"") {
                index += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            guard index < bytes.count else { throw failure("a string is not closed") }
            let literal = bytes[start..<index]
            index += 1
            guard literal.contains(UInt8(ascii: "\\")) else { return String(decoding: literal, as: UTF8.self) }
            return try unescape(literal)
        }

        private func unescape(_ literal: ArraySlice<UInt8>) throws -> String {
            var units: [UInt8] = []
            var place = literal.startIndex
            func hex(_ at: Int) -> UInt32? {
                guard at + 4 <= literal.endIndex,
                    literal[at..<at + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
                else {
                    return nil
                }
                return UInt32(String(decoding: literal[at..<at + 4], as: UTF8.self), radix: 16)
            }
            while place < literal.endIndex {
                guard literal[place] == UInt8(ascii: "\\"), place + 1 < literal.endIndex else {
                    units.append(literal[place])
                    place += 1
                    continue
                }
                let plain: [UInt8: UInt8] = [
                    0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9, 0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F,
                ]
                if let byte = plain[literal[place + 1]] {
                    units.append(byte)
                    place += 2
                    continue
                }
                guard literal[place + 1] == UInt8(ascii: "u"), var code = hex(place + 2) else {
                    throw failure("a broken escape")
                }
                place += 6
                if (0xD800...0xDBFF).contains(code), place + 1 < literal.endIndex, literal[place] == UInt8(ascii: "\\"),
                    literal[place + 1] == UInt8(ascii: "u"), let low = hex(place + 2), (0xDC00...0xDFFF).contains(low)
                {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    place += 6
                }
                units.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
            }
            return String(decoding: units, as: UTF8.self)
        }
    }
}
