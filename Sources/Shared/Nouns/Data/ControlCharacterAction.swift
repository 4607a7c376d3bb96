/// What is done with control characters in the texts of rows, such as the colours of a terminal's log.
package enum ControlCharacterAction: String, Codable, CaseIterable, Hashable, Sendable {
    /// The row is left out.
    case refuse
    /// They are taken out, with the escape sequences that they begin.
    case strip
    /// They are trained as they are.
    case keep
}
