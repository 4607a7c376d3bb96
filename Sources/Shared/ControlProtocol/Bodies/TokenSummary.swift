import Foundation

/// What is shown of a token.
package struct TokenSummary: Codable, Hashable, Sendable {
    package var name: String
    /// What its things are marked with, such as `token:0123456789abcdef`.
    package var owner: String
    package var role: TokenRole
    package var createdAt: Date
    package var createdBy: String
    package init(name: String, owner: String, role: TokenRole, createdAt: Date, createdBy: String) {
        self.name = name
        self.owner = owner
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
