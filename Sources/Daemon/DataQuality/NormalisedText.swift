import Foundation

/// A text as the comparisons see it: lower case, compatibility forms folded, everything but letters, marks and digits
/// one space.
package struct NormalisedText: Sendable {
    /// UTF-8, words separated by one space.
    package let bytes: [UInt8]
    /// Hash of each word, in order.
    package let words: [UInt64]
    /// Where each word lies in ``bytes``.
    package let ranges: [Range<Int>]

    package init(_ text: String) {
        var text = text
        let ascii = text.withUTF8 { Self.ascii($0) }
        bytes = ascii ?? Self.general(text)
        var words: [UInt64] = []
        var ranges: [Range<Int>] = []
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                var end = start
                var hash: UInt64 = 0xCBF2_9CE4_8422_2325
                while end < bytes.count, bytes[end] != 32 {
                    hash = (hash ^ UInt64(bytes[end])) &* 0x100_0000_01B3
                    end += 1
                }
                if end > start {
                    words.append(Hashing.mix(hash))
                    ranges.append(start..<end)
                }
                start = end + 1
            }
        }
        self.words = words
        self.ranges = ranges
    }

    /// A word as text.
    package func word(_ index: Int) -> String { String(decoding: bytes[ranges[index]], as: UTF8.self) }

    /// Hashes of every run of `n` words; none where there are fewer words.
    package func grams(_ n: Int) -> [UInt64] { Self.grams(n, of: words) }

    /// The same of words that are known by their hashes.
    package static func grams(_ n: Int, of words: [UInt64]) -> [UInt64] {
        guard n > 0, words.count >= n else { return [] }
        return (0...(words.count - n)).map { start in
            var hash: UInt64 = 0
            for index in start..<(start + n) { hash = Hashing.mix(hash ^ words[index]) }
            return hash
        }
    }

    /// The fast path of texts without anything beyond ASCII; nil where there is something.
    private static func ascii(_ input: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var isPlain = true
        let output = [UInt8](unsafeUninitializedCapacity: input.count) { output, count in
            var end = 0
            var gap = false
            for byte in input {
                switch byte {
                case 0x61...0x7A, 0x30...0x39, 0x41...0x5A:
                    if gap, end > 0 {
                        output[end] = 32
                        end += 1
                    }
                    gap = false
                    output[end] = 0x41...0x5A ~= byte ? byte | 0x20 : byte
                    end += 1
                case 0x80...:
                    isPlain = false
                    count = 0
                    return
                default: gap = true
                }
            }
            count = end
        }
        return isPlain ? output : nil
    }

    private static func general(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        var gap = false
        for scalar in text.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter, .decimalNumber,
                .letterNumber, .otherNumber,
                .nonspacingMark, .spacingMark, .enclosingMark:
                if gap, !output.isEmpty { output.append(32) }
                gap = false
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.EncodedScalar())
            default: gap = true
            }
        }
        return output
    }
}

/// Mixing of 64-bit words; the same on every machine, since indexes on disk depend on it.
package enum Hashing {
    /// SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
