/// Changes bytes of a file at random, from a seed: flips, cuts, copies, splices, and pieces that parsers trip over.
package struct TextMutator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    private mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return bound > 0 ? Int(truncatingIfNeeded: (state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound : 0
    }

    private static let pieces: [String] = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%- ", " -%}", "\"", "'", "\\", "\\u", "\\ud800", "[", "]", "{", "}", "(",
        ")", ",", ":", ".",
        "|", "~", "**", "//", "%", "-", "9223372036854775807", "-9223372036854775808", "1e308", "0", "null", "true",
        "none", "loop",
        "namespace()", "range(99999)", "is not", " in ", " if ", " else ", "|length", "|tojson", "|sort", "|map('int')",
        "|indent(99)",
        ".split('')", "[::-1]", "[-9223372036854775808]", "[:9223372036854775807:-9223372036854775807]",
        "%s%d%r%999999999d",
        "'%5.99999999999f'|format(1.0)", "*9223372036854775807", "{% set n = namespace(a=n) %}",
        "{% for x in messages recursive %}{{ loop(messages) }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "\u{2581}", "Ġ", "<0x0A>", "é", "\u{301}", "🙂", "\u{0}",
        "▁▁", " ",
    ]

    /// A changed copy of `input`. Half of the changes are small enough that the file mostly stays well-formed, and so
    /// gets past the reader to what builds on it; half fall near the start, where a tokenizer's settings stand before
    /// its long lists.
    package mutating func mutate(_ input: [UInt8], with corpus: [[UInt8]]) -> [UInt8] {
        var bytes = input
        if next(2) == 0 {
            for _ in 0..<1 + next(4) { soften(&bytes) }
            return bytes
        }
        for _ in 0..<1 + next(6) {
            guard !bytes.isEmpty else { break }
            let at = next(bytes.count)
            switch next(8) {
            case 0: bytes[at] ^= UInt8(1 << next(8))
            case 1: bytes[at] = UInt8(next(256))
            case 2: bytes.removeSubrange(at..<min(bytes.count, at + 1 + next(24)))
            case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + next(40))], at: next(bytes.count))
            case 4:
                let other = corpus[next(corpus.count)]
                guard !other.isEmpty else { break }
                let start = next(other.count)
                bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + next(60))], at: at)
            case 5: bytes = Array(bytes[..<at])
            default: bytes.insert(contentsOf: Self.pieces[next(Self.pieces.count)].utf8, at: at)
            }
        }
        return bytes
    }

    /// One digit, letter or word for another.
    private mutating func soften(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let start = next(2) == 0 ? next(min(bytes.count, 2500)) : next(bytes.count)
        let words: [([UInt8], [String])] = [
            (Array("true".utf8), ["false", "null", "1"]), (Array("false".utf8), ["true", "null", "\"\""]),
            (Array("null".utf8), ["true", "0", "[]", "{}", "\"▁\""]),
            (Array("\"type\":\"".utf8), ["\"type\":\"X", "\"kind\":\""]),
        ]
        switch next(4) {
        case 0:
            let (word, others) = words[next(words.count)]
            var place = start
            while place + word.count <= bytes.count, !bytes[place..<place + word.count].elementsEqual(word) {
                place += 1
            }
            guard place + word.count <= bytes.count else { return }
            bytes.replaceSubrange(place..<place + word.count, with: others[next(others.count)].utf8)
        case 1:
            guard let place = bytes[start...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
            let numbers = ["0", "1", "9", "99999", "4194303", "4194304", "2147483648", "1e3", "-1", "1.5"]
            bytes.replaceSubrange(
                place...place, with: (next(3) > 0 ? String(next(10)) : numbers[next(numbers.count)]).utf8)
        default:
            guard
                let place = bytes[start...].firstIndex(where: {
                    (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0)
                })
            else { return }
            let letters = ["a", "Z", "Ġ", "▁", "é", "<", "0", " ", "\\u0301", "\\n", ""]
            bytes.replaceSubrange(place...place, with: letters[next(letters.count)].utf8)
        }
    }
}
