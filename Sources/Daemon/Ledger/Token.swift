import Foundation

/// What is kept of a token: enough to know it again, not enough to show it.
package struct Token: Hashable, Sendable {
    package var id: String
    /// What people call it; no two have one name.
    package var name: String
    /// `reader`, `user` or `admin`.
    package var role: String
    /// The SHA-256 of its secret, in hexadecimal digits.
    package var digest: String
    package var createdAt: Date
    /// Who made it.
    package var createdBy: String

    package init(id: String, name: String, role: String, digest: String, createdAt: Date, createdBy: String) {
        self.id = id
        self.name = name
        self.role = role
        self.digest = digest
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
