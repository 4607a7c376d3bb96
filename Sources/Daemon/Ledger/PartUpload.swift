import Foundation

/// A file that comes in parts, by OpenAI's API.
package struct PartUpload: Hashable, Sendable {
    package enum State: String, Hashable, Sendable { case pending, completed, cancelled }

    /// Such as `upload_4f2a…`.
    package var id: String
    /// The user who began it.
    package var owner: String
    /// What the whole is to have.
    package var bytes: Int
    package var name: String
    package var purpose: String
    package var createdAt: Date
    package var expiresAt: Date
    package var state: State
    /// The file that its parts became.
    package var file: String?

    package init(
        id: String, owner: String, bytes: Int, name: String, purpose: String, createdAt: Date, expiresAt: Date,
        state: State = .pending, file: String? = nil
    ) {
        self.id = id
        self.owner = owner
        self.bytes = bytes
        self.name = name
        self.purpose = purpose
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.state = state
        self.file = file
    }
}
