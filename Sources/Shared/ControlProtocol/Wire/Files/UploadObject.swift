/// A file that comes in parts, as OpenAI's clients read it.
package struct UploadObject: Codable, Hashable, Sendable {
    package var id: String
    package var object = "upload"
    package var bytes: Int
    package var created_at: Int
    package var expires_at: Int
    package var filename: String
    package var purpose: String
    /// `pending`, `completed`, `cancelled` or `expired`.
    package var status: String
    /// The file that its parts became.
    @OrNull package var file: FileObject?

    package init(
        id: String, bytes: Int, createdAt: Int, expiresAt: Int, filename: String, purpose: String, status: String,
        file: FileObject?
    ) {
        self.id = id
        self.bytes = bytes
        created_at = createdAt
        expires_at = expiresAt
        self.filename = filename
        self.purpose = purpose
        self.status = status
        self.file = file
    }
}
