import EvaluationMetrics
import Foundation
import Nouns

/// A grader in the configuration of OpenAI's evaluation API: a score from 0 to 1 for an answer.
///
/// `string_check`, `text_similarity` and `multi` are supported; those that ask a model or run Python are refused.
package indirect enum Grader: Hashable, Sendable {
    case stringCheck(input: GraderTemplate, reference: GraderTemplate, StringOperation)
    /// With `pass_threshold` the score is 1 from the threshold on, and 0 below.
    case textSimilarity(input: GraderTemplate, reference: GraderTemplate, Similarity, threshold: Double?)
    case multi([String: Grader], GraderFormula)

    package enum StringOperation: String, Hashable, Sendable, CaseIterable { case eq, ne, like, ilike }

    package enum Similarity: String, Hashable, Sendable, CaseIterable {
        case fuzzyMatch = "fuzzy_match"
        case bleu, gleu
        case rouge1 = "rouge_1"
        case rouge2 = "rouge_2"
        case rouge3 = "rouge_3"
        case rouge4 = "rouge_4"
        case rouge5 = "rouge_5"
        case rougeL = "rouge_l"
    }

    /// Reads a grader. Throws a Failure (`grader.invalid`) that names the key and the value.
    package init(_ value: JSONValue) throws {
        var reader = GraderReader()
        self = try reader.grader(value, at: "", depth: 0)
    }

    /// The score of a record's answer; nil where a template names a field that the record lacks, or where there is no
    /// answer.
    package func score(_ record: ExampleRecord) -> Double? { graded(record).score }

    /// The score, and what each part of a `multi` gives by name (empty for other graders). Each part is asked once.
    package func graded(_ record: ExampleRecord) -> (score: Double?, parts: [String: Double]) {
        guard case .multi(let graders, let formula) = self else { return (single(record), [:]) }
        let parts = graders.compactMapValues { $0.score(record) }
        guard parts.count == graders.count else { return (nil, parts) }
        return (formula.value(parts).flatMap { $0.isFinite ? $0 : nil }, parts)
    }

    /// The score of a grader that is no `multi`.
    private func single(_ record: ExampleRecord) -> Double? {
        switch self {
        case .stringCheck(let input, let reference, let operation):
            guard let input = input.text(record), let reference = reference.text(record) else { return nil }
            let holds =
                switch operation {
                case .eq: input == reference
                case .ne: input != reference
                case .like: reference.isEmpty || input.contains(reference)
                case .ilike: reference.isEmpty || input.lowercased().contains(reference.lowercased())
                }
            return holds ? 1 : 0
        case .textSimilarity(let input, let reference, let similarity, let threshold):
            guard let input = input.text(record), let reference = reference.text(record) else { return nil }
            let value = similarity.value(input, reference)
            return threshold.map { value >= $0 ? 1 : 0 } ?? value
        case .multi: return nil
        }
    }
}

extension Grader.Similarity {
    func value(_ input: String, _ reference: String) -> Double {
        switch self {
        case .fuzzyMatch: TextMatch.fuzzy(input, reference)
        case .bleu: Bleu.sentence(answer: input, reference: reference) / 100
        case .gleu: TextMatch.gleu(answer: input, reference: reference)
        case .rouge1: Rouge.n(1, answer: input, reference: reference).f1
        case .rouge2: Rouge.n(2, answer: input, reference: reference).f1
        case .rouge3: Rouge.n(3, answer: input, reference: reference).f1
        case .rouge4: Rouge.n(4, answer: input, reference: reference).f1
        case .rouge5: Rouge.n(5, answer: input, reference: reference).f1
        case .rougeL: Rouge.l(answer: input, reference: reference).f1
        }
    }
}
