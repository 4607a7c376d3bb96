/// Changes bytes of a file at random, from a seed: flips, cuts, copies, splices, and pieces that parsers trip over.
struct TextMutator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    private mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return bound > 0 ? Int(truncatingIfNeeded: (state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound : 0
    }

    private static let pieces: [String] = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%- ", " -%}", "\"", "'", "\\", "\\u", "\\ud800", "[", "]", "{", "}", "(", ")", ",", ":", ".",
        "|", "~", "**", "//", "%", "-", "9223372036854775807", "-9223372036854775808", "1e308", "0", "null", "true", "none", "loop",
        "namespace()", "range(99999)", "is not", " in ", " if ", " else ", "|length", "|tojson", "|sort", "|map('int')", "|indent(99)",
        ".split('')", "[::-1]", "[-9223372036854775808]", "[:9223372036854775807:-9223372036854775807]", "%s%d%r%999999999d",
        "'%5.99999999999f'|format(1.0)", "*9223372036854775807", "{% set n = namespace(a=n) %}", "{% for x in messages recursive %}{{ loop(messages) }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "\u{2581}", "Ġ", "<0x0A>", "é", "\u{301}", "🙂", "\u{0}", "▁▁", " ",
    ]

    /// A changed copy of `input`.
    mutating func mutate(_ input: [UInt8], with corpus: [[UInt8]]) -> [UInt8] {
        var bytes = input
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
}
