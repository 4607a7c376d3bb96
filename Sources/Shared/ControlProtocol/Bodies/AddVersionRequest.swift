/// Adds a version that another daemon has trained, from a file that was uploaded.
package struct AddVersionRequest: Codable, Hashable, Sendable {
    package var upload: String
    /// The name of the file in that upload.
    package var file: String
    package init(upload: String, file: String) {
        self.upload = upload
        self.file = file
    }
}
