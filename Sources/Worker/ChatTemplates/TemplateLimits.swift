/// What one rendering may spend: a template from elsewhere must not hang the program or use up its memory.
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
