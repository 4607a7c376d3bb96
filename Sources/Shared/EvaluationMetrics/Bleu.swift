import Foundation

/// BLEU (Papineni et al., 2002), equal to sacrebleu with its default settings: 13a tokens, exponential smoothing, one
/// reference.
package enum Bleu {
    /// Counts of one answer: its length, the reference's, then matches and totals of 1- to 4-grams. They add up over a
    /// corpus.
    package static func counts(answer: String, reference: String) -> [Double] {
        let a = WordTokenizer13a.tokens(trimmedEnd(answer))
        let r = WordTokenizer13a.tokens(trimmedEnd(reference))
        var counts = [Double(a.count), Double(r.count)] + [Double](repeating: 0, count: 8)
        for order in 1...4 {
            let wanted = Sequences.ngrams(r, order)
            let matches = Sequences.ngrams(a, order).reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }
            counts[1 + order] = Double(matches)
            counts[5 + order] = Double(max(0, a.count - order + 1))
        }
        return counts
    }

    /// The score of summed counts, from 0 to 100.
    ///
    /// With `effectiveOrder` orders beyond the answer's length do not count, as sacrebleu does for single sentences.
    package static func score(_ counts: [Double], effectiveOrder: Bool = false) -> Double {
        guard counts.count == 10, counts[0] > 0, counts[2..<6].contains(where: { $0 > 0 }) else { return 0 }
        var smoothing = 1.0
        var logs = 0.0
        var order = 4
        for n in 0..<4 {
            guard counts[6 + n] > 0 else {
                if !effectiveOrder { return 0 }
                order = n
                break
            }
            if counts[2 + n] == 0 {
                smoothing *= 2
                logs += log(100 / (smoothing * counts[6 + n]))
            } else {
                logs += log(100 * counts[2 + n] / counts[6 + n])
            }
        }
        guard order > 0 else { return 0 }
        let penalty = counts[0] < counts[1] ? exp(1 - counts[1] / counts[0]) : 1
        return penalty * exp(logs / Double(order))
    }

    /// The score of one sentence, from 0 to 100.
    package static func sentence(answer: String, reference: String) -> Double {
        score(counts(answer: answer, reference: reference), effectiveOrder: true)
    }

    private static func trimmedEnd(_ text: String) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
