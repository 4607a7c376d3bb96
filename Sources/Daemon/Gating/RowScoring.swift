import EvaluationMetrics
import Foundation
import GoldenSets
import Graders
import JSONSchemas
import Nouns
import Platform

/// Gives each record the scores that follow from its answer: assertions, schema, graders, memorisation, and what
/// evaluators' programs said.
package struct RowScoring: Sendable {
    /// The schema that answers of the gate set should fit.
    package var schema: JSONSchema?
    package var graders: [(name: String, grader: Grader)] = []
    /// The training rows' runs of words; nil where no answer is long enough to repeat one.
    package var memorization: Memorization?
    /// By model, then row: what programs said, by metric.
    package var evaluated: [ModelRole: [RowID: [MetricKey: Double]]] = [:]

    package init() {}

    /// The records of a model with their scores; without them where the task is cancelled meanwhile.
    package func scored(_ records: [ExampleRecord], model: ModelRole) -> [ExampleRecord] {
        records.map { record in
            Pulse.beat()
            if Task.isCancelled { return record }
            var record = record
            var scores = record.scores ?? [:]
            if record.set.isGolden { scores[.assertions] = GatingRules.objection(record) == nil ? 1 : 0 }
            // Of the beginning of an answer nothing is said but whether it is right.
            if let output = record.output, !record.isCutShort {
                if let schema { scores[.schema] = schema.accepts(text: output) ? 1 : 0 }
                // An answer shorter than a run repeats none.
                scores[.memorized] = memorization?.overlap(output) ?? 0
                for (name, grader) in graders { scores[.grader(name)] = grader.score(record) }
            }
            if record.set == .gate, let said = evaluated[model]?[record.row] { scores.merge(said) { $1 } }
            record.scores = scores.isEmpty ? nil : scores
            return record
        }
    }

    /// Whether any answer has a run of words that could stand in the training rows.
    package static func needsMemorization(_ records: [ExampleRecord]) -> Bool {
        let index = Memorization()
        return records.contains { $0.output.map { index.overlap($0) != nil } ?? false }
    }
}
