/// The repetition filters of Gopher (Rae et al. 2021, table A1): shares beyond which a text repeats itself too much.
///
/// Asked of texts of at least 50 words, Gopher's own least length: in a shorter one a repeated pair of words is no sign
/// of anything.
package enum RepetitionRules {
    package static let minimumWords = 50

    /// The names of the rules that a text breaks, such as `top_2_gram` or `duplicate_lines`; none for short texts.
    package static func broken(_ text: String, _ normalised: NormalisedText) -> [String] {
        guard normalised.words.count >= minimumWords else { return [] }
        var broken: [String] = []
        let lines = lines(text)
        if lines.count > 1 {
            let total = lines.reduce(0) { $0 + $1.utf8.count }
            var seen: Set<Substring> = []
            let repeated = lines.filter { !seen.insert($0).inserted }
            if Double(repeated.count) > 0.30 * Double(lines.count) { broken.append("duplicate_lines") }
            if Double(repeated.reduce(0) { $0 + $1.utf8.count }) > 0.20 * Double(total) {
                broken.append("duplicate_line_characters")
            }
        }
        let lengths = normalised.ranges.map(\.count)
        let total = Double(lengths.reduce(0, +))
        for (n, limit) in [(2, 0.20), (3, 0.18), (4, 0.16)] {
            let grams = normalised.grams(n)
            // If no run of n words repeats, no longer run repeats.
            guard hasRepeated(grams) else { return broken }
            var counts: [UInt64: (count: Int, at: Int)] = [:]
            for (index, gram) in grams.enumerated() { counts[gram] = ((counts[gram]?.count ?? 0) + 1, index) }
            guard let top = counts.values.max(by: { ($0.count, $1.at) < ($1.count, $0.at) }) else { return broken }
            let size = lengths[top.at..<(top.at + n)].reduce(0, +)
            if Double(size * top.count) > limit * total { broken.append("top_\(n)_gram") }
        }
        for (n, limit) in [(5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)] {
            let grams = normalised.grams(n)
            var seen: Set<UInt64> = []
            var covered = 0
            var next = 0
            // Characters within repeated runs, each counted once.
            for (index, gram) in grams.enumerated() where !seen.insert(gram).inserted {
                for word in max(index, next)..<(index + n) { covered += lengths[word] }
                next = index + n
            }
            if covered == 0 { return broken }
            if Double(covered) > limit * total { broken.append("duplicate_\(n)_grams") }
        }
        return broken
    }

    private static func hasRepeated(_ grams: [UInt64]) -> Bool {
        let sorted = grams.sorted()
        return sorted.indices.dropFirst().contains { sorted[$0] == sorted[$0 - 1] }
    }

    /// The lines that are not empty.
    private static func lines(_ text: String) -> [Substring] {
        // What ends a line in ASCII are single bytes; characters are several times slower to tell.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return text.split(whereSeparator: \.isNewline) }
        return text.utf8.split { 10...13 ~= $0 }.map { Substring($0) }
    }
}
