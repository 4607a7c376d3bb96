/// What anybody would try on labelled rows before a model is fine-tuned; on disk it is its raw value.
package enum SimplestAlternative: String, Codable, Hashable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// Always the class that most training rows have.
    case commonest = "commonest class"
    /// Logistic regression on n-grams of words and characters.
    case linear = "linear model"
    /// The same on what the base makes of each prompt.
    case states = "linear model on the base's states"
}
