/// An open upload.
package struct UploadAnswer: Codable, Hashable, Sendable {
    package var id: String
    package init(id: String) { self.id = id }
}
