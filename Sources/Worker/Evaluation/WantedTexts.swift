import EvaluationMetrics

/// The texts of which one must be an answer, white space at its ends aside, for the answer to be right or to name a
/// class.
struct WantedTexts {
    private let texts: Set<String>

    init(_ texts: [String]) { self.texts = Set(texts.map(TextMatch.trimmed)) }

    /// Whether an answer that begins with `text` can still become one of them. A character that is not complete yet may
    /// become any.
    func canBegin(with text: String) -> Bool {
        var text = Substring(text)
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        let start = TextMatch.trimmed(String(text)).utf8
        return texts.contains { $0.utf8.starts(with: start) }
    }
}
