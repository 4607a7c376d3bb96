import Nouns

/// One row as the candidate and the model that it was compared with answered it.
package struct ExampleComparison: Codable, Hashable, Sendable {
    package var candidate: ExampleRecord
    /// The baseline's answer.
    package var served: ExampleRecord?
    /// Whether the candidate's answer is right; nil where it gave none.
    package var isRight: Bool?
    package init(candidate: ExampleRecord, served: ExampleRecord? = nil, isRight: Bool? = nil) {
        self.candidate = candidate
        self.served = served
        self.isRight = isRight
    }
}
