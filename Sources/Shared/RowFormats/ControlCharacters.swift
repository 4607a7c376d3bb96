import Nouns

/// Takes control characters out of texts: what a terminal would act on rather than show.
enum ControlCharacters {
    /// The document with every text freed of them.
    static func stripped(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(stripped(text))
        case .array(let elements): .array(elements.map(stripped))
        case .object(let members): .object(members.mapValues(stripped))
        case .null, .bool, .integer, .number: value
        }
    }

    /// The text without control characters but tabs and line ends, and without whole escape sequences (ECMA-48).
    static func stripped(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard isControl(scalar) else {
                result.append(scalar)
                continue
            }
            guard scalar == "\u{1B}", index < scalars.count else { continue }
            let kind = scalars[index]
            index += 1
            if kind == "[" {
                // Parameters, then one byte that ends the sequence.
                while index < scalars.count, !("@"..."~").contains(scalars[index]) { index += 1 }
                index += 1
            } else if kind == "]" {
                // Up to a bell, or to the escape of a string's end.
                while index < scalars.count, scalars[index] != "\u{7}", scalars[index] != "\u{1B}" { index += 1 }
                index += index < scalars.count && scalars[index] == "\u{1B}" ? 2 : 1
            }
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r", "\u{85}": false
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": true
        default: false
        }
    }
}
