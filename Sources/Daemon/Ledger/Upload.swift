import Foundation

/// Files that a client is sending: whose they are, how many bytes they may have, and until when.
package struct Upload: Hashable, Sendable {
    package var id: String
    package var owner: String
    /// Whether they are to become a base model.
    package var isBase: Bool
    /// Most bytes of all files together.
    package var bound: Int
    package var expiresAt: Date

    package init(id: String, owner: String, isBase: Bool, bound: Int, expiresAt: Date) {
        self.id = id
        self.owner = owner
        self.isBase = isBase
        self.bound = bound
        self.expiresAt = expiresAt
    }
}
