import Foundation
import Nouns
import Settings
import TestSupport

@testable import Gating

/// Made-up evidence: gate rows whose answers and losses are given by rules.
enum Cases {
    /// One model's records: `right` says which rows it answers rightly, `loss` its loss a token.
    static func records(
        _ count: Int, set: SetName = .gate, classes: [String] = ["a", "b"], drop: (Int) -> DropID = { _ in "d-1" },
        right: (Int) -> Bool, loss: (Int) -> Double
    ) -> [ExampleRecord] {
        (0..<count).map { row in
            let label = classes[row % classes.count]
            return ExampleRecord(
                row: RowID("\(set)-\(row)"), set: set, lossSum: 2 * loss(row), tokens: 2, correctTokens: 1, bytes: 8,
                promptTokens: row % 3 == 0 ? 100 : 10, prompt: "p", reference: label, output: right(row) ? label : "?",
                finish: "stop", outputTokens: 1, label: label, fields: ["team": .string(row % 5 == 0 ? "x" : "y")],
                drop: drop(row))
        }
    }

    static func judge(
        _ candidate: [ExampleRecord], served: [ExampleRecord]? = nil, base: [ExampleRecord], newDrops: Set<DropID> = [],
        training: TrainingResult? = nil, _ change: (inout GatesSettings) -> Void = { _ in },
        evidence also: (inout GatingRules.Evidence) -> Void = { _ in }
    ) -> Verdict {
        // One verdict by itself; ``StreamRulesTests`` looks at their sequence.
        var settings = GatesSettings()
        settings.overStream = false
        change(&settings)
        var evidence = GatingRules.Evidence(
            candidate: candidate, served: served, base: base, baseline: served == nil ? nil : "v-1", newDrops: newDrops)
        also(&evidence)
        return GatingRules.judge(evidence, settings, training: training, seed: 7, at: Date(timeIntervalSince1970: 0))
    }

    /// A base that is right on every fifth row, with a loss around 1.
    static func weak(_ count: Int, set: SetName = .gate) -> [ExampleRecord] {
        records(count, set: set, right: { $0 % 5 == 0 }, loss: { 1 + Double($0 % 7) * 0.05 })
    }

    /// A model that is right on nearly all rows, with a loss around 0.3.
    static func strong(_ count: Int, set: SetName = .gate) -> [ExampleRecord] {
        records(count, set: set, right: { $0 % 12 != 1 }, loss: { 0.3 + Double($0 % 5) * 0.02 })
    }
}
