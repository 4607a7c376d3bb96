/// Why some bytes are not the JSON that was asked for.
package struct JSONTextFault: Error, Hashable, Sendable {
    /// Stable code: `invalid_json`, `duplicate_key`, `nested_too_deep` or `invalid_unicode`.
    package var code: String
    /// Where, in bytes from the first one of the document.
    package var offset: Int
    /// JSON pointer of the value being read.
    package var pointer: String
    /// What is wrong, as a clause.
    package var problem: String
}
