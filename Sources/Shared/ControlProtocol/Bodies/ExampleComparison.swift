import Nouns

/// One gate row as candidate and served model answered it.
package struct ExampleComparison: Codable, Hashable, Sendable {
    package var candidate: ExampleRecord
    package var served: ExampleRecord?
    package init(candidate: ExampleRecord, served: ExampleRecord? = nil) {
        self.candidate = candidate
        self.served = served
    }
}
