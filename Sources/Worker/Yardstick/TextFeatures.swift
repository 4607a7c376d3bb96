/// The n-grams of a text as numbers: words and pairs of words, and runs of two to five characters within words with
/// their borders, as scikit-learn's `TfidfVectorizer` takes them (`ngram_range=(1, 2)`; `analyzer="char_wb"`,
/// `ngram_range=(2, 5)`). Different n-grams may share a number (Weinberger et al. 2009, "Feature Hashing for Large
/// Scale Multitask Learning").
package struct TextFeatures: Sendable {
    /// How often each n-gram occurs, in the order of their numbers; those of words come before those of characters.
    package struct Counts: Sendable {
        package var places: [UInt32]
        package var counts: [Float]
    }

    /// The longest text that is read, in scalars: what a class hangs on stands near the beginning.
    private static let longest = 20_000
    private static let start: UInt64 = 0xcbf2_9ce4_8422_2325
    private let mask: UInt64

    /// - Parameter bits: there are 2 to the power of so many numbers, half of them for words.
    package init(bits: Int) { mask = (1 << UInt64(bits - 1)) - 1 }

    /// Numbers from here on are of characters.
    var firstCharacter: Int { Int(mask) + 1 }

    /// Every number is below this.
    package var count: Int { 2 * firstCharacter }

    /// Counts the n-grams of a text.
    package func counts(_ text: String) -> Counts {
        let scalars = Array(text.lowercased().unicodeScalars.prefix(Self.longest))
        var counts: [UInt32: Float] = [:]
        countWords(scalars, &counts)
        countCharacters(scalars, &counts)
        let ordered = counts.sorted { $0.key < $1.key }
        return Counts(places: ordered.map(\.key), counts: ordered.map(\.value))
    }

    private func countWords(_ scalars: [Unicode.Scalar], _ counts: inout [UInt32: Float]) {
        var (former, hash, length) = (UInt64?.none, Self.start, 0)
        func end() {
            // Words of one character are none, as in scikit-learn.
            if length >= 2 {
                counts[word(hash), default: 0] += 1
                if let former { counts[word(Self.mix(former, hash)), default: 0] += 1 }
                former = hash
            }
            (hash, length) = (Self.start, 0)
        }
        for scalar in scalars {
            if Self.isWord(scalar) {
                hash = Self.mix(hash, UInt64(scalar.value))
                length += 1
            } else {
                end()
            }
        }
        end()
    }

    private func countCharacters(_ scalars: [Unicode.Scalar], _ counts: inout [UInt32: Float]) {
        for part in scalars.split(whereSeparator: \.properties.isWhitespace) {
            let padded = [UInt64(32)] + part.map { UInt64($0.value) } + [32]
            for first in padded.indices {
                var hash = Self.start
                for length in 1...5 where first + length <= padded.count {
                    hash = Self.mix(hash, padded[first + length - 1])
                    if length >= 2 { counts[character(hash), default: 0] += 1 }
                }
            }
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
    }

    /// A number that depends on both and on their order (the steps of SplitMix64; Steele, Lea and Flood 2014).
    private static func mix(_ hash: UInt64, _ next: UInt64) -> UInt64 {
        var mixed = (hash ^ next) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        return mixed ^ (mixed >> 27)
    }

    private func word(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash & mask) }
    private func character(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: (hash & mask) + mask + 1) }
}
