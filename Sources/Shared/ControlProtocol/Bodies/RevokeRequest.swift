/// Asks for a drop to be withdrawn.
package struct RevokeRequest: Codable, Hashable, Sendable {
    package var reason: String
    /// Also removes its bytes: the original, its rows, and the files made from them.
    package var erase: Bool
    package init(reason: String, erase: Bool = false) {
        self.reason = reason
        self.erase = erase
    }
}
