/// Why a template could not be read or rendered.
package struct TemplateFailure: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The template is not valid, or uses what is not supported.
        case syntax
        /// An expression failed on the values given.
        case evaluation
        /// The template refused its input with `raise_exception`.
        case raised
        /// The template asked for more than the limits allow.
        case limit
    }

    package var kind: Kind
    /// The line of the template, from 1.
    package var line: Int
    package var message: String

    package init(_ kind: Kind, line: Int = 0, _ message: String) {
        self.kind = kind
        self.line = line
        self.message = message
    }

    package var description: String {
        let place = line > 0 ? "chat template, line \(line)" : "chat template"
        switch kind {
        case .syntax: return "\(place): \(message). Correct the template, or name another one in the recipe"
        case .evaluation: return "\(place): \(message). The row does not have what the template reads"
        case .raised: return "\(place) refuses the conversation: \(message)"
        case .limit: return "\(place): \(message). The template does more than a chat template needs; name another one"
        }
    }

    static func evaluation(_ message: String) -> TemplateFailure { TemplateFailure(.evaluation, message) }
}
