import Foundation

/// What is shown of a token.
package struct TokenSummary: Codable, Hashable, Sendable {
    package var name: String
    package var role: TokenRole
    package var createdAt: Date
    package var createdBy: String
    package init(name: String, role: TokenRole, createdAt: Date, createdBy: String) {
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
