import Foundation

/// Comparing one answer with one reference.
package enum TextMatch {
    /// Equal once white space at both ends is gone, scalar by scalar: a composed é is not e and an accent.
    package static func exact(answer: String, reference: String) -> Bool {
        trimmed(answer).utf8.elementsEqual(trimmed(reference).utf8)
    }

    /// F1 of words as SQuAD's evaluation has it: lower case, no ASCII punctuation, no English articles.
    package static func wordF1(answer: String, reference: String) -> Double {
        let a = squadWords(answer)
        let r = squadWords(reference)
        guard !a.isEmpty, !r.isEmpty else { return a.isEmpty && r.isEmpty ? 1 : 0 }
        let wanted = Sequences.ngrams(r, 1)
        let matches = Sequences.ngrams(a, 1).reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }
        guard matches > 0 else { return 0 }
        let precision = Double(matches) / Double(a.count)
        let recall = Double(matches) / Double(r.count)
        return 2 * precision * recall / (precision + recall)
    }

    /// The similarity of RapidFuzz's `ratio`, from 0 to 1: twice the longest common subsequence over both lengths.
    package static func fuzzy(_ first: String, _ second: String) -> Double {
        let a = Array(first.unicodeScalars.prefix(8_192))
        let b = Array(second.unicodeScalars.prefix(8_192))
        return a.isEmpty && b.isEmpty ? 1 : 2 * Double(Sequences.longestCommon(a, b)) / Double(a.count + b.count)
    }

    /// Google's BLEU of one sentence (Wu et al., 2016), equal to nltk's on words split at white space, from 0 to 1.
    package static func gleu(answer: String, reference: String) -> Double {
        let a = answer.split(whereSeparator: \.isWhitespace)
        let r = reference.split(whereSeparator: \.isWhitespace)
        var (matches, total, wanted) = (0, 0, 0)
        for order in 1...4 {
            let counts = Sequences.ngrams(r, order)
            matches += Sequences.ngrams(a, order).reduce(0) { $0 + min($1.value, counts[$1.key] ?? 0) }
            total += max(0, a.count - order + 1)
            wanted += max(0, r.count - order + 1)
        }
        return max(total, wanted) == 0 ? 0 : Double(matches) / Double(max(total, wanted))
    }

    /// The text without white space at its ends.
    package static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    static func squadWords(_ text: String) -> [Substring] {
        let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars
        let kept = text.lowercased().unicodeScalars.filter { !punctuation.contains($0) }
        return String(String.UnicodeScalarView(kept)).split(whereSeparator: \.isWhitespace)
            .filter { $0 != "a" && $0 != "an" && $0 != "the" }
    }
}
