/// What a row's text shows by itself, before it is known whether the dataset has the row already.
package struct RowLook: Sendable {
    /// Unicode scalars.
    package let length: Int
    /// Hash of each word, in order.
    package let words: [UInt64]
    package let script: LanguageGuess.Script
    package let language: String
    /// The repetition filters that it breaks.
    package let brokenRules: [String]

    package init(_ text: String, _ normalised: NormalisedText) {
        length = text.unicodeScalars.count
        words = normalised.words
        (script, language) = LanguageGuess.guess(text, normalised)
        brokenRules = RepetitionRules.broken(text, normalised)
    }

    package init(_ text: String) { self.init(text, NormalisedText(text)) }
}
