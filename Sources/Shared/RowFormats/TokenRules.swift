import Nouns

/// What the number of its tokens says of a row.
package enum TokenRules {
    /// The fault of a row with this measurement, its line left for the caller; nil where there is none.
    ///
    /// - Parameter longestAnswer: the longest answer that is generated when a model is judged; nil where that follows
    ///   the row.
    package static func problem(
        _ measurement: RowMeasurement, maxLength: Int, truncate: Bool, longestAnswer: Int? = nil
    ) -> RowProblem? {
        func problem(_ code: ProblemCode, _ message: String, _ fix: String) -> RowProblem {
            RowProblem(line: 0, code: code.rawValue, severity: code.severity, message: message, fix: fix)
        }
        let shorten = "Shorten it, or raise recipe.max_length."
        switch measurement.obstacle {
        case .tooLong?:
            return problem(
                .noTrainableToken,
                """
                Cut to \(maxLength) tokens, nothing is left to learn from: \
                \(measurement.problem ?? "the answer begins later").
                """,
                shorten)
        case .noLabels?: return problem(.noTrainableToken, "No token of the row is to be learnt.", "Write an answer.")
        case .template?:
            return problem(
                .templateRefuses, "The base model's chat template cannot write the row: \(measurement.problem ?? "").",
                "Write the conversation as the template expects it.")
        case nil:
            guard measurement.truncated > 0, !truncate else {
                // A plain text is learnt whole, and asks for no answer.
                guard let longestAnswer, longestAnswer > 0, measurement.labels > longestAnswer + 1,
                    measurement.labels + 1 < measurement.tokens
                else { return nil }
                return problem(
                    .answerTooLong,
                    """
                    What the row teaches has \(measurement.labels) tokens, and answers are cut at \
                    gates.max_new_tokens (\(longestAnswer)), where even a right one counts as wrong.
                    """,
                    "Take gates.max_new_tokens out, so that the limit follows each row, or raise it.")
            }
            return problem(
                .tooLong,
                """
                The row has \(measurement.tokens + measurement.truncated) tokens, more than the \(maxLength) of \
                recipe.max_length, or of the base's context.
                """,
                "Shorten it, raise recipe.max_length, or set data.truncate = true to train on its beginning.")
        }
    }
}
