/// A token that is looked for in the text before any pre-tokenizing, as in the `added_tokens` of a `tokenizer.json`.
package struct AddedToken: Sendable, Equatable {
    package var id: Int32
    package var content: String
    /// Control tokens are special: found only when the caller asks for them.
    package var isSpecial: Bool
    /// White space before the token belongs to it.
    package var stripsLeft = false
    /// White space after the token belongs to it.
    package var stripsRight = false
    /// Found only where no word character stands on either side.
    package var isSingleWord = false
    /// Looked for in the normalised text rather than in the raw one.
    package var isNormalized = false

    package init(id: Int32, content: String, isSpecial: Bool) {
        self.id = id
        self.content = content
        self.isSpecial = isSpecial
    }
}
