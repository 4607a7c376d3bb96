import Foundation

/// Applies the steps of normalisation.
enum TextNormalizer {
    /// A text after all steps, as UTF-8.
    static func normalize(_ text: String, _ steps: [Normalizer]) -> [UInt8] {
        var bytes = Array(text.utf8)
        for step in steps { apply(step, &bytes) }
        return bytes
    }

    /// Whether the steps leave this text as it is, found without making anything.
    static func leaves(_ text: UnsafeBufferPointer<UInt8>, _ steps: [Normalizer]) -> Bool {
        steps.allSatisfy { $0 == .nfc } && !mayCompose(text)
    }

    /// Applies one step.
    static func apply(_ step: Normalizer, _ bytes: inout [UInt8]) {
        switch step {
        case .prepend(let text):
            if !bytes.isEmpty { bytes.insert(contentsOf: text.utf8, at: 0) }
        case .replace(let pattern, let content): replace(Array(pattern.utf8), Array(content.utf8), &bytes)
        case .nfc:
            if bytes.withUnsafeBufferPointer({ mayCompose($0) }) {
                map(&bytes) { $0.precomposedStringWithCanonicalMapping }
            }
        case .nfd: map(&bytes) { $0.decomposedStringWithCanonicalMapping }
        case .nfkc: map(&bytes) { $0.precomposedStringWithCompatibilityMapping }
        case .nfkd: map(&bytes) { $0.decomposedStringWithCompatibilityMapping }
        case .lowercase:
            var result: [UInt8] = []
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                result.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            }
            bytes = result
        }
    }

    /// Applies a form of Unicode normalisation with the tables of Unicode 9, which are those of the `tokenizers`
    /// library.
    ///
    /// Foundation's tables are newer. To the older ones every character that came later is one that nothing joins or
    /// passes, so the text is mapped in the stretches between such characters.
    private static func map(_ bytes: inout [UInt8], _ form: (String) -> String) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var stretch = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if isNewerThanTables(scalar) {
                result.append(contentsOf: form(String(stretch)).utf8)
                result.append(contentsOf: String(scalar).utf8)
                stretch.removeAll(keepingCapacity: true)
            } else {
                stretch.append(contentsOf: unpassable(scalar))
            }
        }
        result.append(contentsOf: form(String(stretch)).utf8)
        bytes = result
    }

    /// Three vowel signs of Tibetan, which look like characters that others cannot pass and are made of marks that they
    /// can: Foundation leaves them where they stand, so they are taken apart before it sees them.
    private static func unpassable(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar {
        case "\u{F73}": ["\u{F71}", "\u{F72}"]
        case "\u{F75}": ["\u{F71}", "\u{F74}"]
        case "\u{F81}": ["\u{F71}", "\u{F80}"]
        default: [scalar]
        }
    }

    private static func isNewerThanTables(_ scalar: Unicode.Scalar) -> Bool {
        // Below the first character after Unicode 9 there is nothing to look up.
        scalar.value >= 0x0560 && (scalar.properties.age.map { $0.major > 9 } ?? true)
    }

    private static func replace(_ pattern: [UInt8], _ content: [UInt8], _ bytes: inout [UInt8]) {
        guard let first = pattern.first else { return }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 2)
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: pattern) {
                result.append(contentsOf: content)
                index += pattern.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        bytes = result
    }

    /// Whether the text holds a scalar that composition may change.
    private static func mayCompose(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress else { return false }
        let classes = ScalarClasses.shared
        var index = 0
        while index < text.count {
            if base[index] < 0xC3 {
                index += 1
                continue
            }
            let (scalar, length) = UTF8Text.scalar(base, index, text.count)
            if classes.flags(scalar) & ScalarClasses.composes != 0 { return true }
            index += length
        }
        return false
    }
}
