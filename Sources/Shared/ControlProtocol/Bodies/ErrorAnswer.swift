import Nouns

/// The body of every error answer.
package struct ErrorAnswer: Codable, Hashable, Sendable {
    package var error: Failure
    package init(error: Failure) { self.error = error }
}
