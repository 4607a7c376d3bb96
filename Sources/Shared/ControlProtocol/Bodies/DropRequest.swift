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

    package init(upload: String, file: String, name: String, origin: DropOrigin) {
        self.upload = upload
        self.file = file
        self.name = name
        self.origin = origin
    }
}
