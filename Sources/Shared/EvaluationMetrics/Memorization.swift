import Foundation

/// Signs that a model repeats its training rows.
package struct Memorization: Sendable {
    /// Words in a run that counts as verbatim.
    package let order: Int
    private var seen: Set<Int> = []

    /// Makes the index; `order` words in a row count as copied (13, as in GPT-3's contamination study, unless told
    /// otherwise).
    package init(order: Int = 13) { self.order = max(1, order) }

    /// Adds a training text. Only hashes of runs are kept: eight bytes a word.
    package mutating func learn(_ text: String) { seen.formUnion(hashes(text)) }

    /// The share of an answer's runs that stand word for word in the training texts; nil for answers shorter than a
    /// run.
    package func overlap(_ answer: String) -> Double? {
        let runs = hashes(answer)
        guard !runs.isEmpty else { return nil }
        return Double(runs.count { seen.contains($0) }) / Double(runs.count)
    }

    /// The exposure of a planted secret in bits (Carlini et al., 2019): log2 of the candidates over the secret's rank
    /// by loss.
    package static func exposure(secretLoss: Double, otherLosses: [Double]) -> Double {
        let rank = 1 + otherLosses.count { $0 < secretLoss }
        return log2(Double(otherLosses.count + 1) / Double(rank))
    }

    private func hashes(_ text: String) -> [Int] {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        guard words.count >= order else { return [] }
        return (0...(words.count - order)).map { words[$0..<$0 + order].hashValue }
    }
}
