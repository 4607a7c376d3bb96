import Contracts
import Foundation

/// Ranks bases for a dataset from what each scored on a sample without training.
///
/// Bases that cannot train here (memory, context) are left out with the reason. The others are ordered by bits per byte of the answers: it
/// needs no common tokenizer, and predicts the loss after training better than size does. Two bases within 3 % of each other are a
/// draw, which the accuracy on labels with worked examples, then the time of an epoch decides.
package enum BaseRanking {
    /// Bits per byte nearer than this share are a draw.
    static let draw = 0.03

    package static func rank(_ candidates: [BaseRecommendation], memoryBytes: Int) -> [BaseRecommendation] {
        var usable: [BaseRecommendation] = []
        var unusable: [BaseRecommendation] = []
        for var candidate in candidates {
            if candidate.trainingMemoryBytes > memoryBytes {
                candidate.reasons.append("needs \(candidate.trainingMemoryBytes >> 20) MiB to train, and \(memoryBytes >> 20) MiB are available")
                unusable.append(candidate)
            } else if candidate.skippedShare > 0.2 {
                candidate.reasons.append("\(Int((candidate.skippedShare * 100).rounded())) % of the rows are longer than its context")
                unusable.append(candidate)
            } else if candidate.bitsPerByte == nil {
                if candidate.reasons.isEmpty { candidate.reasons.append("it could not be scored") }
                unusable.append(candidate)
            } else {
                usable.append(candidate)
            }
        }
        // Draws are not transitive, so they are settled among neighbours of the sorted list rather than inside the comparison.
        var ordered = usable.sorted { ($0.bitsPerByte ?? 0, $0.base) < ($1.bitsPerByte ?? 0, $1.base) }
        var index = 0
        while index + 1 < ordered.count {
            if isDraw(ordered[index], ordered[index + 1]), prefers(ordered[index + 1], ordered[index]) { ordered.swapAt(index, index + 1) }
            index += 1
        }
        for index in ordered.indices {
            ordered[index].rank = index + 1
            ordered[index].reasons = reasons(ordered[index], best: ordered[0]) + ordered[index].reasons
        }
        return ordered + unusable.sorted { $0.base < $1.base }
    }

    private static func isDraw(_ a: BaseRecommendation, _ b: BaseRecommendation) -> Bool {
        guard let x = a.bitsPerByte, let y = b.bitsPerByte else { return false }
        return abs(x - y) <= draw * max(abs(x), abs(y))
    }

    private static func prefers(_ a: BaseRecommendation, _ b: BaseRecommendation) -> Bool {
        if let x = a.labelAccuracy, let y = b.labelAccuracy, x != y { return x > y }
        if let x = a.epochSeconds, let y = b.epochSeconds { return x < y }
        return false
    }

    private static func reasons(_ candidate: BaseRecommendation, best: BaseRecommendation) -> [String] {
        var reasons: [String] = []
        if let bits = candidate.bitsPerByte {
            if candidate.base == best.base {
                reasons.append(String(format: "knows most of these answers beforehand: %.3f bits per byte", bits))
            } else if let least = best.bitsPerByte, least > 0 {
                reasons.append(String(format: "%.3f bits per byte, %+.0f %% against the first", bits, (bits / least - 1) * 100))
            }
        }
        if let accuracy = candidate.labelAccuracy { reasons.append(String(format: "%.0f %% of labels right with worked examples", accuracy * 100)) }
        if let seconds = candidate.epochSeconds {
            let speed = candidate.tokensPerSecond.map { String(format: " at %.0f tokens/s", $0) } ?? ""
            reasons.append((seconds < 120 ? String(format: "about %.0f s a pass over the data", seconds) : String(format: "about %.0f min a pass over the data", seconds / 60)) + speed)
        }
        if let architecture = candidate.architecture { reasons.append("\(architecture), \(candidate.trainingMemoryBytes >> 20) MiB to train") }
        if candidate.skippedShare > 0 { reasons.append(String(format: "%.0f %% of rows do not fit its context", candidate.skippedShare * 100)) }
        reasons.append("licence \(candidate.licence ?? "unknown: check it before you serve the model")")
        return reasons
    }
}
