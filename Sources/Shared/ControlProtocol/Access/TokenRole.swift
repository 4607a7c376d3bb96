/// What a token may do.
package enum TokenRole: String, Codable, CaseIterable, Sendable {
    case reader
    case user
    case admin
}
