import EvaluationMetrics
import Foundation
import Nouns
import Settings

/// What counts as right in a drop that what is served was asked about.
enum AnswerRules {
    /// The share of right answers that the pipeline is judged by; nil where it is judged by something without a
    /// ceiling, such as the loss.
    static func metric(_ gates: GatesSettings, rows: [Row]) -> MetricKey? {
        guard gates.maxNewTokens != 0 else { return nil }
        let exact = MetricKey("exact_match")
        if gates.primary == exact { return exact }
        guard gates.primary ?? .accuracy == .accuracy else { return nil }
        return !rows.isEmpty && rows.allSatisfy { $0.label != nil } ? .accuracy : nil
    }

    /// The figures of a drop.
    ///
    /// - Parameters:
    ///   - records: what the version said, in any order.
    ///   - labels: the classes that the version knows (nil: it has none).
    static func answers(
        _ records: [ExampleRecord], to rows: [Row], by version: VersionID, _ metric: MetricKey?, labels: [String]?,
        at date: Date
    ) -> DropAnswers {
        var answers = DropAnswers(version: version, at: date, metric: metric, asked: records.count)
        let tokens = records.reduce(0) { $0 + $1.tokens }
        let loss = records.reduce(0) { $0 + $1.lossSum } / Double(max(1, tokens))
        if tokens > 0, loss.isFinite { answers.loss = loss }
        guard let metric, let measure = MetricRegistry.metric(metric) else { return answers }
        let asked = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let classes = labels.map { Set($0) }
        for record in records where measure.value([MetricInput(record)]) == 1 {
            answers.right += 1
            guard let row = asked[record.row], row.split == .train else { continue }
            // A class that the version does not know is new, however it was guessed.
            if let label = row.label, let classes, !classes.contains(label) { continue }
            answers.known += 1
        }
        return answers
    }
}
