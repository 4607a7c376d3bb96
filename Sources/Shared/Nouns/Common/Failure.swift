/// What went wrong, where, and what a person can do about it; the one error that crosses process boundaries.
///
/// `code` is stable and machine-readable (`settings.unknown_key`, `weights.truncated`); the text never carries meaning
/// that code would look for.
package struct Failure: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// Stable dotted identifier: the area, then the fault.
    package var code: String
    /// One sentence that names the value at fault.
    package var message: String
    /// File, `file:line`, TOML key, byte offset, tensor or JSON pointer at fault.
    package var place: String?
    /// What to do about it, as an imperative sentence.
    package var remedy: String?
    /// The underlying error in words, such as an errno text.
    package var cause: String?
    /// Seconds after which it is worth asking again, where that is known.
    package var retryAfter: Int?

    package init(code: String, _ message: String, at place: String? = nil, remedy: String? = nil, cause: String? = nil)
    {
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
        self.cause = cause
    }

    package var description: String {
        var text = place.map { "\($0): \(message)" } ?? message
        if let cause { text += " (\(cause))" }
        if let remedy { text += " \(remedy)" }
        return text
    }
}
