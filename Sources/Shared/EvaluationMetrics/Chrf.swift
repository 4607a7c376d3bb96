/// chrF2 (Popović, 2015), equal to sacrebleu with its default settings: character 6-grams, β = 2, white space left out.
package enum Chrf {
    private static let orders = 6

    /// Counts of one answer, three an order: n-grams of the answer, of the reference, and matches. They add up over a
    /// corpus.
    package static func counts(answer: String, reference: String) -> [Double] {
        let a = answer.unicodeScalars.filter { !$0.properties.isWhitespace }
        let r = reference.unicodeScalars.filter { !$0.properties.isWhitespace }
        return (1...orders).flatMap { order -> [Double] in
            let wanted = Sequences.ngrams(Array(r), order)
            let matches = Sequences.ngrams(Array(a), order).reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }
            // Without any n-gram in the reference the order says nothing about the answer.
            return [
                wanted.isEmpty ? 0 : Double(max(0, a.count - order + 1)), Double(max(0, r.count - order + 1)),
                Double(matches),
            ]
        }
    }

    /// The score of summed counts, from 0 to 100.
    package static func score(_ counts: [Double]) -> Double {
        guard counts.count == 3 * orders else { return 0 }
        var precision = 0.0
        var recall = 0.0
        var effective = 0.0
        for order in 0..<orders where counts[3 * order] > 0 && counts[3 * order + 1] > 0 {
            precision += counts[3 * order + 2] / counts[3 * order]
            recall += counts[3 * order + 2] / counts[3 * order + 1]
            effective += 1
        }
        guard effective > 0, precision + recall > 0 else { return 0 }
        precision /= effective
        recall /= effective
        return 100 * 5 * precision * recall / (4 * precision + recall)
    }

    /// The score of one sentence, from 0 to 100.
    package static func sentence(answer: String, reference: String) -> Double {
        score(counts(answer: answer, reference: reference))
    }
}
