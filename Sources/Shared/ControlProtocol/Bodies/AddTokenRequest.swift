/// A token that is to be made.
package struct AddTokenRequest: Codable, Hashable, Sendable {
    package var name: String
    package var role: TokenRole
    package init(name: String, role: TokenRole) {
        self.name = name
        self.role = role
    }
}
