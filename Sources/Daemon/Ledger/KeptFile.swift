import Foundation

/// A file that somebody keeps here, by OpenAI's API. Its bytes are named by their digest.
package struct KeptFile: Hashable, Sendable {
    /// Such as `file-4f2a…`.
    package var id: String
    /// The user who sent it.
    package var owner: String
    package var sha256: String
    package var bytes: Int
    /// What it was called where it came from.
    package var name: String
    package var purpose: String
    package var createdAt: Date
    /// When it goes by itself; nil where never.
    package var expiresAt: Date?

    package init(
        id: String, owner: String, sha256: String, bytes: Int, name: String, purpose: String, createdAt: Date,
        expiresAt: Date? = nil
    ) {
        self.id = id
        self.owner = owner
        self.sha256 = sha256
        self.bytes = bytes
        self.name = name
        self.purpose = purpose
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
