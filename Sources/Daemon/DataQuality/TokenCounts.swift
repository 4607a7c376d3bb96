import Nouns
import RowFormats

/// Token counts of rows as they would be trained, by one base's tokenizer and one length; those of several drops can be
/// added.
package struct TokenCounts: Codable, Hashable, Sendable {
    /// What the counts are of: the base's digest, the longest row, and whether longer ones are cut.
    package var base: String
    package var maxLength: Int
    package var truncate: Bool?
    /// Whether both answers of a preference row counted; nil in counts from before they did.
    package var pairs: Bool?
    /// The longest answer that the gates let a model give (nil: as the rows ask).
    package var longestAnswer: Int?
    /// Rows whose wanted answer is longer than that (nil: none).
    package var cutAnswers: Int?
    package var lengths = LengthCounts()
    package var truncated = 0
    package var unusable = 0
    package var labelTokens = 0
    package var rows = 0

    package init(base: String, maxLength: Int, truncate: Bool, pairs: Bool, longestAnswer: Int? = nil) {
        self.base = base
        self.maxLength = maxLength
        self.truncate = truncate
        self.pairs = pairs
        self.longestAnswer = longestAnswer
    }

    /// The code of rows whose wanted answer is longer than the gates let one be.
    package static let cut = ProblemCode.answerTooLong.rawValue

    /// Whether these count the same way as `other`.
    package func isLike(_ other: TokenCounts) -> Bool {
        base == other.base && maxLength == other.maxLength && truncate == other.truncate && pairs == other.pairs
            && longestAnswer == other.longestAnswer
    }

    /// Adds a row: how many tokens are kept, how many of those carry a label, and how many are cut off.
    package mutating func add(tokens: Int, labels: Int, truncated: Int, usable: Bool) {
        rows += 1
        guard usable, labels > 0 else {
            unusable += 1
            return
        }
        lengths.add(tokens + truncated)
        labelTokens += labels
        if truncated > 0 { self.truncated += 1 }
    }

    package mutating func merge(_ other: TokenCounts) {
        lengths.merge(other.lengths)
        truncated += other.truncated
        unusable += other.unusable
        labelTokens += other.labelTokens
        rows += other.rows
        cutAnswers = (cutAnswers ?? 0) + (other.cutAnswers ?? 0)
    }

    package var report: DataReport.Tokens {
        var tokens = DataReport.Tokens()
        tokens.histogram = lengths.histogram
        tokens.rows = rows
        tokens.truncated = truncated
        tokens.unusable = unusable
        tokens.maxLength = maxLength
        tokens.labelTokens = labelTokens
        if let cutAnswers, cutAnswers > 0 { tokens.problemCounts = [Self.cut: cutAnswers] }
        return tokens
    }
}
