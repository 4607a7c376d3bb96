/// ROUGE (Lin, 2004), equal to Google's `rouge-score` on the same strings in Latin letters; of other scripts, which
/// that drops, the words count too.
package enum Rouge {
    /// Precision, recall and their harmonic mean, each from 0 to 1.
    package struct Score: Hashable, Sendable {
        package var precision = 0.0
        package var recall = 0.0
        package var f1 = 0.0

        init(matches: Int, answer: Int, reference: Int) {
            precision = Double(matches) / Double(max(answer, 1))
            recall = Double(matches) / Double(max(reference, 1))
            f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
        }
    }

    /// The most words of either side that ROUGE-L looks at, so that hostile lengths stay affordable.
    package static let longest = 8_192

    /// ROUGE-N: overlap of n-grams.
    package static func n(_ order: Int, answer: String, reference: String, stemmed: Bool = false) -> Score {
        n(order, answer: words(answer, stemmed: stemmed), reference: words(reference, stemmed: stemmed))
    }

    /// ROUGE-L: longest common subsequence of words over the whole text.
    package static func l(answer: String, reference: String, stemmed: Bool = false) -> Score {
        let a = Array(words(answer, stemmed: stemmed).prefix(longest))
        let r = Array(words(reference, stemmed: stemmed).prefix(longest))
        guard !a.isEmpty, !r.isEmpty else { return Score(matches: 0, answer: 0, reference: 0) }
        return Score(matches: Sequences.longestCommon(a, r), answer: a.count, reference: r.count)
    }

    static func n(_ order: Int, answer: [String], reference: [String]) -> Score {
        let a = Sequences.ngrams(answer, order)
        let r = Sequences.ngrams(reference, order)
        let matches = r.reduce(0) { $0 + min($1.value, a[$1.key] ?? 0) }
        return Score(
            matches: matches, answer: max(0, answer.count - order + 1), reference: max(0, reference.count - order + 1))
    }

    /// Lower-case runs of ASCII letters and digits; words over three letters are stemmed when asked. Words of scripts
    /// other than Latin are words as well, and each character is one where a script puts no spaces between words.
    package static func words(_ text: String, stemmed: Bool) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var isASCII = true
        func flush() {
            guard !word.isEmpty else { return }
            let text = String(word)
            words.append(stemmed && isASCII && word.count > 3 ? PorterStemmer.stem(text) : text)
            word = String.UnicodeScalarView()
        }
        for scalar in text.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9":
                if !isASCII { flush() }
                isASCII = true
                word.append(scalar)
            // Rouge-score takes letters with accents for gaps, and so do we.
            case "\u{0}"..."\u{24F}": flush()
            case _ where scalar.isUnspaced:
                flush()
                words.append(String(scalar))
            case _
            where scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || !isASCII && scalar.properties.generalCategory == .nonspacingMark:
                if isASCII { flush() }
                isASCII = false
                word.append(scalar)
            default: flush()
            }
        }
        flush()
        return words
    }
}

extension Unicode.Scalar {
    /// Whether it is of a script that puts no spaces between words: Chinese and Japanese characters, Thai, Lao,
    /// Burmese, Khmer.
    fileprivate var isUnspaced: Bool {
        properties.isIdeographic || (0x3040...0x30FF).contains(value) && properties.isAlphabetic
            || (0x0E00...0x0EFF).contains(value) || (0x1000...0x109F).contains(value)
            || (0x1780...0x17FF).contains(value)
    }
}
