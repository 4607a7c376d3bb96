import Foundation
import Nouns

/// Ranks bases for a dataset from what each scored on a sample without training.
///
/// Bases that cannot train here (memory, context) are left out with the reason. The others are ordered by bits per byte
/// of the answers, which needs no common tokenizer. Where the answers are classes, a share of right labels (with worked
/// examples) that is higher by more than 10 points goes before that: bits per byte of one-word answers are mostly the
/// form of the answer, which the first steps teach any base (measured: docs/experiments.md). Two bases within 3 % of
/// each other are a draw, which labels, then the time of an epoch decide.
package enum BaseRanking {
    /// Bits per byte nearer than this share are a draw.
    static let draw = 0.03
    /// A share of right labels that is higher by more than this is no chance.
    static let clearly = 0.1

    package static func rank(_ candidates: [BaseRecommendation], memoryBytes: Int) -> [BaseRecommendation] {
        var usable: [BaseRecommendation] = []
        var unusable: [BaseRecommendation] = []
        for var candidate in candidates {
            if candidate.trainingMemoryBytes > memoryBytes {
                candidate.reasons.append(
                    """
                    needs \(candidate.trainingMemoryBytes >> 20) MiB to train, and \(memoryBytes >> 20) MiB are \
                    available
                    """
                )
                unusable.append(candidate)
            } else if candidate.skippedShare > 0.2 {
                candidate.reasons.append(
                    "\(Int((candidate.skippedShare * 100).rounded())) % of the rows are longer than its context")
                unusable.append(candidate)
            } else if candidate.bitsPerByte == nil {
                if candidate.reasons.isEmpty { candidate.reasons.append("it could not be scored") }
                unusable.append(candidate)
            } else {
                usable.append(candidate)
            }
        }
        // Neither rule is transitive, so bases are put in one by one, in the order of bits per byte, each as far up as
        // it beats the one above.
        var ordered: [BaseRecommendation] = []
        for candidate in usable.sorted(by: { ($0.bitsPerByte ?? 0, $0.base) < ($1.bitsPerByte ?? 0, $1.base) }) {
            var place = ordered.count
            while place > 0, beats(candidate, ordered[place - 1]) { place -= 1 }
            ordered.insert(candidate, at: place)
        }
        for index in ordered.indices {
            ordered[index].rank = index + 1
            ordered[index].reasons = reasons(ordered[index], best: ordered[0]) + ordered[index].reasons
        }
        return ordered + unusable.sorted { $0.base < $1.base }
    }

    /// Whether a base with more bits per byte goes before the other all the same.
    private static func beats(_ a: BaseRecommendation, _ b: BaseRecommendation) -> Bool {
        if let x = a.labelAccuracy, let y = b.labelAccuracy {
            if x > y + clearly { return true }
            if y > x + clearly { return false }
        }
        guard let p = a.bitsPerByte, let q = b.bitsPerByte, abs(p - q) <= draw * max(abs(p), abs(q)) else {
            return false
        }
        if let x = a.labelAccuracy, let y = b.labelAccuracy, x != y { return x > y }
        if let x = a.epochSeconds, let y = b.epochSeconds { return x < y }
        return false
    }

    private static func reasons(_ candidate: BaseRecommendation, best: BaseRecommendation) -> [String] {
        var reasons: [String] = []
        if let bits = candidate.bitsPerByte {
            if candidate.base == best.base {
                reasons.append(String(format: "%.3f bits per byte of the wanted answers, before any training", bits))
            } else if let least = best.bitsPerByte, least > 0 {
                reasons.append(
                    String(format: "%.3f bits per byte, %+.0f %% against the first", bits, (bits / least - 1) * 100))
            }
        }
        if let accuracy = candidate.labelAccuracy {
            reasons.append(String(format: "%.0f %% of labels right with worked examples", accuracy * 100))
        }
        if let seconds = candidate.epochSeconds {
            let speed = candidate.tokensPerSecond.map { String(format: " at %.0f tokens/s", $0) } ?? ""
            reasons.append(
                (seconds < 120
                    ? String(format: "about %.0f s a pass over the data", seconds)
                    : String(format: "about %.0f min a pass over the data", seconds / 60)) + speed)
        }
        if let architecture = candidate.architecture {
            reasons.append("\(architecture), \(candidate.trainingMemoryBytes >> 20) MiB to train")
        }
        if candidate.skippedShare > 0 {
            reasons.append(String(format: "%.0f %% of rows do not fit its context", candidate.skippedShare * 100))
        }
        reasons.append("licence \(candidate.licence ?? "unknown: check it before you serve the model")")
        return reasons
    }
}
