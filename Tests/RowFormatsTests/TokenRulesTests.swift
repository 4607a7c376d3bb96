import Nouns
import Testing

@testable import RowFormats

/// What the number of its tokens says of a row.
struct TokenRulesTests {
    private func code(_ measurement: RowMeasurement, truncate: Bool) -> String? {
        TokenRules.problem(measurement, maxLength: 8, truncate: truncate)?.code
    }

    @Test func longRowsAreBadUnlessTheyAreToBeCut() throws {
        let long = RowMeasurement(row: "r", drop: "d", line: 1, tokens: 8, labels: 2, truncated: 5)
        #expect(code(long, truncate: false) == "too_long")
        #expect(code(long, truncate: true) == nil)
        #expect(try #require(TokenRules.problem(long, maxLength: 8, truncate: false)).message.contains("13 tokens"))
        #expect(
            code(RowMeasurement(row: "r", drop: "d", line: 1, tokens: 8, labels: 2, truncated: 0), truncate: false)
                == nil)
    }

    /// An answer that no model may write whole is told; the row is good to train on all the same.
    @Test func answersLongerThanTheGatesAllowAreTold() {
        func code(_ labels: Int, tokens: Int = 100, longest: Int?) -> String? {
            let row = RowMeasurement(row: "r", drop: "d", line: 1, tokens: tokens, labels: labels)
            return TokenRules.problem(row, maxLength: 512, truncate: false, longestAnswer: longest)?.code
        }
        #expect(code(66, longest: 64) == "answer_too_long" && ProblemCode.answerTooLong.severity == .warning)
        #expect(code(65, longest: 64) == nil && code(66, longest: nil) == nil && code(66, longest: 0) == nil)
        #expect(code(99, longest: 64) == nil, "plain text asks for no answer")
    }

    @Test(arguments: [false, true]) func rowsWithoutALabelAreBad(_ truncate: Bool) {
        #expect(
            code(
                RowMeasurement(
                    row: "r", drop: "d", line: 1, tokens: 0, labels: 0, truncated: 0, problem: "p",
                    obstacle: .tooLong),
                truncate: truncate) == "no_trainable_token")
        #expect(
            code(
                RowMeasurement(
                    row: "r", drop: "d", line: 1, tokens: 0, labels: 0, truncated: 0, problem: "p",
                    obstacle: .noLabels),
                truncate: truncate) == "no_trainable_token")
        #expect(
            code(
                RowMeasurement(
                    row: "r", drop: "d", line: 1, tokens: 0, labels: 0, truncated: 0, problem: "p",
                    obstacle: .template),
                truncate: truncate) == "template_refuses")
    }
}
