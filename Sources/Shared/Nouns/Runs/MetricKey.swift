/// Names a metric in settings, figures and verdicts; on disk it is its plain text.
///
/// The metrics themselves are declared in EvaluationMetrics; here are only the names that rules speak of.
package struct MetricKey: RawRepresentable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The metric that a person or a file names.
    package init(_ text: String) { rawValue = text }

    package static let loss = MetricKey("loss")
    package static let accuracy = MetricKey("accuracy")
    /// How often, and by how much, the preferred of two answers is the likelier one.
    package static let preferenceAccuracy = MetricKey("preference_accuracy")
    package static let preferenceMargin = MetricKey("preference_margin")
    /// How long answers are, and how much they repeat.
    package static let outputTokens = MetricKey("output_tokens")
    package static let repetition = MetricKey("repetition")
    package static let assertions = MetricKey("assertions")
    package static let schema = MetricKey("schema")
    package static let memorized = MetricKey("memorized")
    /// The bits that a model gives away of the planted secret that it learnt best.
    package static let exposure = MetricKey("exposure")
    /// What the gates on bytes look at, which is no number.
    package static let bytes = MetricKey("bytes")
    /// Rows that were too long to be asked; a count beside the figures.
    package static let rowsSkipped = MetricKey("rows_skipped")
    package static let answersCut = MetricKey("answers_cut")

    private static let graderPrefix = "grader:"
    private static let evaluatorPrefix = "evaluator:"
    /// What a program calls the number that stands for all its numbers.
    private static let mainFigure = "score"

    /// The mean score of a configured grader.
    package static func grader(_ name: String) -> MetricKey { MetricKey(graderPrefix + name) }

    /// A figure of a configured evaluator: `evaluator:NAME` for its `score`, `evaluator:NAME.FIGURE` for another one.
    package static func evaluator(_ name: String, _ figure: String = "score") -> MetricKey {
        MetricKey(evaluatorPrefix + (figure == mainFigure ? name : "\(name).\(figure)"))
    }

    /// The grader's name, where the metric is a grader's score.
    package var graderName: String? { rest(Self.graderPrefix) }

    /// The evaluator's name, where the metric is a figure of an evaluator.
    package var evaluatorName: String? {
        rest(Self.evaluatorPrefix).map { $0.split(separator: ".").first.map(String.init) ?? "" }
    }

    private func rest(_ prefix: String) -> String? {
        rawValue.hasPrefix(prefix) && rawValue.utf8.count > prefix.utf8.count
            ? String(rawValue.dropFirst(prefix.count)) : nil
    }
}

extension MetricKey: Comparable, CustomStringConvertible {
    package static func < (left: MetricKey, right: MetricKey) -> Bool { left.rawValue < right.rawValue }
    package var description: String { rawValue }
}
