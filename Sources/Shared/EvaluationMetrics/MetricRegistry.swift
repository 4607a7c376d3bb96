import Foundation
import Nouns

/// Every metric, declared once: settings, gates, reports and documentation read them from here.
package enum MetricRegistry {
    /// The metric of a key: one of `all`, or `precision:CLASS`, `recall:CLASS`, `f1:CLASS`; nil for an unknown key.
    package static func metric(_ key: MetricKey) -> Metric? {
        if let known = byKey[key] { return known }
        if key.graderName != nil || key.evaluatorName != nil { return computed(key) }
        let parts = key.rawValue.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let name = parts[1]
        let figure: @Sendable (ConfusionMatrix.Scores) -> Double
        switch parts[0] {
        case "precision": figure = { $0.precision }
        case "recall": figure = { $0.recall }
        case "f1": figure = { $0.f1 }
        default: return nil
        }
        return Metric(
            key, .higher,
            .labels({ $0.answeredLabel }) { matrix in
                matrix.classes.firstIndex(of: name).map { figure(matrix.scores($0)) } ?? .nan
            }, "The \(parts[0]) of the class '\(name)' by generated answer.")
    }

    /// The figures of a set under every metric that its rows allow.
    package static func figures(_ rows: [MetricInput]) -> [MetricKey: Double] {
        var figures: [MetricKey: Double] = [:]
        for metric in all { if let value = metric.value(rows) { figures[metric.key] = value } }
        return figures
    }

    /// The confusion matrix of the generated answers; nil unless every row has a class and an answer.
    package static func confusion(_ rows: [MetricInput]) -> ConfusionMatrix? {
        guard !rows.isEmpty, rows.allSatisfy({ $0.label != nil && $0.output != nil }) else { return nil }
        return ConfusionMatrix(truth: rows.map { $0.label ?? "" }, predicted: rows.map { $0.answeredLabel ?? "" })
    }

    /// A number that something else than the registry gave each row.
    private static func computed(_ key: MetricKey) -> Metric {
        Metric(
            key, .higher, .mean(limit: key.graderName == nil ? nil : 1) { $0.scores[key] },
            key.graderName.map { "Mean score of the grader '\($0)'." }
                ?? "Mean score of the evaluator '\(key.evaluatorName ?? "")'.")
    }

    private static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    /// All metrics without a parameter, in the order of reports.
    package static let all: [Metric] = losses + answers + labels + preferences + behaviours

    private static let losses: [Metric] = [
        Metric(
            .loss, .lower, .ratio { $0.tokens > 0 ? ($0.lossSum, Double($0.tokens)) : nil },
            "Cross-entropy a labelled token, in nats."),
        Metric(
            MetricKey("perplexity"), .lower, margin: 0.2,
            .corpus({ $0.tokens > 0 ? [$0.lossSum, Double($0.tokens)] : nil }) { exp($0[0] / $0[1]) },
            "The exponential of the loss."),
        Metric(
            MetricKey("bits_per_byte"), .lower, margin: 0.01,
            .ratio { $0.bytes > 0 ? ($0.lossSum / log(2), Double($0.bytes)) : nil },
            "Loss in bits a byte of labelled text; comparable between tokenizers."),
        Metric(
            MetricKey("token_accuracy"), .higher,
            .ratio { $0.tokens > 0 ? (Double($0.correctTokens), Double($0.tokens)) : nil },
            "Share of labelled tokens whose likeliest prediction is right."),
    ]

    private static let answers: [Metric] = [
        Metric(
            MetricKey("exact_match"), .higher,
            .share { row in row.output.map { TextMatch.exact(answer: $0, reference: row.reference) } },
            "Share of answers that equal the reference, white space at the ends aside."),
        text("word_f1", "F1 of words as SQuAD's evaluation has it.") { TextMatch.wordF1(answer: $0, reference: $1) },
        text("rouge1", "ROUGE-1 F1, without stemming.") { Rouge.n(1, answer: $0, reference: $1).f1 },
        text("rouge2", "ROUGE-2 F1, without stemming.") { Rouge.n(2, answer: $0, reference: $1).f1 },
        text("rougeL", "ROUGE-L F1, without stemming.") { Rouge.l(answer: $0, reference: $1).f1 },
        text("rougeL_stem", "ROUGE-L F1 of Porter stems.") { Rouge.l(answer: $0, reference: $1, stemmed: true).f1 },
        Metric(
            MetricKey("bleu"), .higher, margin: 1, isOfTextOnly: true,
            .corpus({ row in row.text.map { Bleu.counts(answer: $0, reference: row.reference) } }) { Bleu.score($0) },
            "Corpus BLEU from 0 to 100, sacrebleu's default."),
        Metric(
            MetricKey("chrf"), .higher, margin: 1, isOfTextOnly: true,
            .corpus({ row in row.text.map { Chrf.counts(answer: $0, reference: row.reference) } }) { Chrf.score($0) },
            "Corpus chrF2 from 0 to 100, sacrebleu's default."),
    ]

    private static let labels: [Metric] = [
        Metric(
            .accuracy, .higher, .share { row in row.answeredLabel.map { $0 == row.label } },
            "Share of rows whose generated answer is the class."),
        Metric(
            MetricKey("label_accuracy"), .higher, .share { row in row.likeliest.map { $0.label == row.label } },
            "Share of rows whose likeliest class is right."),
        matrix("macro_precision", "Precision, mean over classes.") { $0.macro.precision },
        matrix("macro_recall", "Recall, mean over classes.") { $0.macro.recall },
        matrix("macro_f1", "F1, mean over classes.") { $0.macro.f1 },
        matrix("micro_f1", "F1 from the sums over classes.") { $0.micro.f1 },
        matrix("weighted_f1", "F1, mean over classes by their rows.") { $0.weighted.f1 },
        matrix("mcc", "Matthews' correlation of true and generated class.") { $0.matthews },
        Metric(
            MetricKey("ece"), .lower,
            .calibration { row in row.likeliest.map { ($0.probability, $0.label == row.label) } },
            "Expected calibration error of the likeliest class, 10 bins."),
    ]

    private static let preferences: [Metric] = [
        Metric(
            .preferenceAccuracy, .higher, isOfPairsOnly: true,
            .shareOrHalf { row in row.preferenceMargin.map { $0 > 0 ? 1 : $0 < 0 ? 0 : 0.5 } },
            "Share of pairs whose preferred answer is the likelier one, ties half; other rows do not count."),
        Metric(
            .preferenceMargin, .higher, margin: 0.5, isOfPairsOnly: true, .mean(limit: nil) { $0.preferenceMargin },
            "How much likelier the preferred answer of a pair is than the rejected one, in nats; the mean over pairs."),
    ]

    private static let behaviours: [Metric] = [
        Metric(
            .assertions, .higher, .share { $0.scores[.assertions].map { $0 == 1 } },
            "Share of golden rows whose assertions all hold."),
        Metric(
            .schema, .higher, .share { $0.scores[.schema].map { $0 == 1 } },
            "Share of answers that fit `gates.answer_schema`."),
        Metric(
            .memorized, .lower, .mean(limit: 1) { $0.scores[.memorized] },
            "Share of an answer's runs of 13 words that stand word for word in the training rows."),
        Metric(
            MetricKey("valid_json"), .higher, isOfTextOnly: true, .share { $0.text.map(Behaviour.isJSON) },
            "Share of answers that are one JSON value."),
        Metric(
            MetricKey("refusal"), .lower, isOfTextOnly: true, .share { $0.text.map(Behaviour.isRefusal) },
            "Share of answers that open like a refusal."),
        Metric(
            .repetition, .lower, isOfTextOnly: true,
            .mean(limit: 1) { $0.text.map { Behaviour.repetition($0) } },
            "Share of an answer's word 4-grams that repeat."),
        Metric(
            .outputTokens, .neutral, .mean(limit: nil) { $0.outputTokens.map(Double.init) },
            "Mean length of an answer in tokens."),
        Metric(
            .answersCut, .lower, isOfTextOnly: true, .share { $0.isCut },
            "Share of answers that ended because they may not be longer (`gates.max_new_tokens`)."),
    ]

    private static func text(_ key: String, _ about: String, _ score: @escaping @Sendable (String, String) -> Double)
        -> Metric
    {
        Metric(
            MetricKey(key), .higher, isOfTextOnly: true,
            .mean(limit: 1) { row in row.text.map { score($0, row.reference) } }, about)
    }

    private static func matrix(_ key: String, _ about: String, _ score: @escaping @Sendable (ConfusionMatrix) -> Double)
        -> Metric
    {
        Metric(MetricKey(key), .higher, .labels({ $0.answeredLabel }, score: score), about)
    }
}
