import Nouns

/// What the first bytes of a text say of the rest.
struct TextHead {
    private let bytes: ArraySlice<UInt8>

    init(_ head: [UInt8]) { bytes = head.drop { Self.isSpace($0) } }

    /// The first byte that is not white space.
    var first: UInt8? { bytes.first }

    /// Whether the text begins with an object of which the list of rows is the first member.
    var wrapsList: Bool {
        let text = String(decoding: bytes.prefix(200), as: UTF8.self)
        return text.prefixMatch(
            of: /\{\s*"(data|rows|examples|items|records|samples|train|dataset|results|instances)"\s*:\s*\[\s*\{/)
            != nil
    }

    /// Whether the first line is a header of columns that are known, where no name of the file says so.
    var namesColumns: Bool {
        guard first != UInt8(ascii: "{"),
            let line = bytes.split(maxSplits: 1, whereSeparator: { $0 == 10 || $0 == 13 }).first
        else { return false }
        let names = String(decoding: line.prefix(4096), as: UTF8.self).split { ",;\t|".contains($0) }.map {
            $0.trimmingSpaces.trimmingQuotes.lowercased()
        }
        return names.count > 1 && names.contains { name in RowShape.allCases.contains { $0.keys.contains(name) } }
    }

    /// Whether lines can be taken one by one: not where the first object goes on over several, and not where lines end
    /// with CR alone.
    var isOneObjectALine: Bool {
        var (depth, isText, isEscaped) = (0, false, false)
        for (index, byte) in zip(bytes.indices, bytes) {
            if byte == 10 { return depth == 0 }
            if byte == 13, index + 1 < bytes.endIndex, bytes[index + 1] != 10 { return false }
            if isEscaped {
                isEscaped = false
            } else if isText {
                isEscaped = byte == UInt8(ascii: "\\")
                if byte == UInt8(ascii: "\"") { isText = false }
            } else if byte == UInt8(ascii: "\"") {
                isText = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
            }
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }
}

extension String {
    /// Without the quotes around it.
    fileprivate var trimmingQuotes: String {
        count > 1 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
