/// A compressed stream that cannot be read or written.
package struct CompressionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
