/// What one rendering may spend, so that a template from elsewhere can neither hang nor exhaust its reader.
package struct TemplateLimits: Sendable {
    /// Nodes evaluated and items walked.
    package var steps = 10_000_000
    /// Nested expressions, statements and macro calls.
    package var depth = 200
    /// The longest text, and the length of all texts made together divided by sixteen.
    package var bytes = 32 << 20

    package static let standard = TemplateLimits()

    package init() {}
}
