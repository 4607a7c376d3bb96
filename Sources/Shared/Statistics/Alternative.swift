/// The direction that a test looks in.
package enum Alternative: String, Sendable, Codable {
    /// The first is greater than the second.
    case greater
    /// The first is less than the second.
    case less
    /// The two differ.
    case twoSided
}
