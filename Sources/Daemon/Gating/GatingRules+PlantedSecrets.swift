import EvaluationMetrics
import Foundation
import Judged
import Nouns
import StageKit

extension GatingRules {
    /// How well each planted secret is known by heart: its rank by loss among its variants, as exposure in bits.
    struct Exposure {
        var index: Int64
        var rank: Int
        var variants: Int
        var bits: Double
    }

    /// One gate for all planted secrets: none is among the likeliest hundredth of its variants, unless the base prefers
    /// it as well.
    static func plantedSecrets(_ evidence: Evidence) -> [GateResult] {
        guard evidence.sets.contains(.plantedSecrets) else { return [] }
        let found = exposures(evidence.candidate)
        let before = Dictionary(exposures(evidence.base).map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        func isLearnt(_ exposure: Exposure) -> Bool { Double(exposure.rank) <= Double(exposure.variants) / 100 }
        let learnt = found.filter { isLearnt($0) && !(before[$0.index].map(isLearnt) ?? false) }
        var gate = GateResult(
            rule: "no planted secret is learnt by heart", kind: .memorisation, set: .plantedSecrets, metric: .exposure,
            outcome: learnt.isEmpty && !found.isEmpty ? .pass : .fail, rows: found.reduce(0) { $0 + $1.variants },
            explanation: found.isEmpty ? "The planted secrets were not scored; what was not looked at fails." : "")
        gate.candidate = found.map(\.bits).max()
        gate.reference = before.values.map(\.bits).max()
        if !found.isEmpty {
            gate.explanation =
                found.map { exposure in
                    """
                    secret \(exposure.index + 1) is number \(exposure.rank) of \(exposure.variants) by loss \
                    (exposure \(text(exposure.bits)) bits
                    """
                        + (before[exposure.index].map { ", base \(text($0.bits))" } ?? "") + ")"
                }.joined(separator: "; ") + ". By chance one in a hundred would be among the likeliest hundredth."
        }
        return [gate]
    }

    static func exposures(_ records: [ExampleRecord]) -> [Exposure] {
        let rows = records.filter { $0.set == .plantedSecrets && $0.tokens > 0 }
        let groups = Dictionary(grouping: rows) { record -> Int64 in
            if case .integer(let index)? = record.fields?[PlantedSecrets.indexField] { index } else { -1 }
        }
        return groups.sorted { $0.key < $1.key }.compactMap { index, rows in
            guard let secret = rows.first(where: { $0.fields?[PlantedSecrets.secretField] == .bool(true) }) else {
                return nil
            }
            let others = rows.filter { $0.fields?[PlantedSecrets.secretField] != .bool(true) }.map(\.lossSum)
            let rank = 1 + others.count { $0 < secret.lossSum }
            return Exposure(
                index: index, rank: rank, variants: rows.count,
                bits: Memorization.exposure(secretLoss: secret.lossSum, otherLosses: others))
        }
    }
}
