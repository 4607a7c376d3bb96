/// A file as OpenAI's clients read it; times are whole seconds since 1970.
package struct FileObject: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var object = "file"
    package var bytes: Int
    package var created_at: Int
    package var filename: String
    package var purpose: String
    /// Always `processed`: rows are checked when a job uses them.
    package var status = "processed"
    @OrNull package var status_details: String?
    @OrNull package var expires_at: Int?

    package init(id: String, bytes: Int, createdAt: Int, filename: String, purpose: String, expiresAt: Int?) {
        self.id = id
        self.bytes = bytes
        created_at = createdAt
        self.filename = filename
        self.purpose = purpose
        status_details = nil
        expires_at = expiresAt
    }
}
