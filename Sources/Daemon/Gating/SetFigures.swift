import EvaluationMetrics
import Foundation
import Nouns

/// Figures of one model on one set, from its per-example records.
package struct SetFigures: Sendable {
    /// Every metric that the rows allow, by key.
    package let values: [MetricKey: Double]
    /// Counts by true, then predicted class; nil unless every row has both.
    package let confusion: [String: [String: Int]]?

    /// Computes the figures of a set.
    package init(_ records: [ExampleRecord]) {
        let rows = records.map(MetricInput.init)
        let matrix = MetricRegistry.confusion(rows)
        // Where answers are class names, overlap of words and characters says nothing that accuracy does not.
        var values: [MetricKey: Double] = [:]
        for metric in MetricRegistry.all where matrix == nil || !metric.isOfTextOnly {
            if let value = metric.value(rows) { values[metric.key] = value }
        }
        // What graders and programs gave every row.
        for key in rows.first?.scores.keys.filter({ $0.graderName != nil || $0.evaluatorName != nil }) ?? [] {
            values[key] = MetricRegistry.metric(key)?.value(rows)
        }
        self.values = values
        confusion = matrix?.named
    }

    /// Whether a row is right: the assertions of a golden row hold, any other answer says exactly what was wanted.
    package static func isRight(_ record: ExampleRecord) -> Bool {
        record.set.isGolden ? GatingRules.objection(record) == nil : isExact(record)
    }

    /// Whether an answer says exactly what was wanted, white space at the ends aside.
    package static func isExact(_ record: ExampleRecord) -> Bool {
        TextMatch.exact(answer: record.output ?? "", reference: record.reference)
    }
}
