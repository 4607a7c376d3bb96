/// One part of an upload, as OpenAI's clients read it.
package struct PartObject: Codable, Hashable, Sendable {
    package var id: String
    package var object = "upload.part"
    package var created_at: Int
    package var upload_id: String
    package init(id: String, createdAt: Int, upload: String) {
        self.id = id
        created_at = createdAt
        upload_id = upload
    }
}
