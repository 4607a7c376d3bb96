import Nouns

/// An uploaded file that is to be dropped.
package struct DropRequest: Codable, Hashable, Sendable {
    /// The upload that the file is in; the file leaves it.
    package var upload: String
    /// The file's name in the upload.
    package var file: String
    /// The name that it is dropped under, whose ending tells tables from JSON.
    package var name: String
    /// What is said of it beside its bytes.
    package var origin: DropOrigin
    /// The SHA-256 that its bytes must have; nil where nobody states one.
    package var sha256: String?

    package init(upload: String, file: String, name: String, origin: DropOrigin, sha256: String? = nil) {
        self.upload = upload
        self.file = file
        self.name = name
        self.origin = origin
        self.sha256 = sha256
    }
}
