/// Asks for the upload of a base that may have begun before.
package struct ResumeUpload: Codable, Hashable, Sendable {
    /// What the client knows it again by: the same for the same model from the same place.
    package var key: String
    /// What the client wants to know again, such as the commit; at most 1 MiB. The first that was given stays.
    package var note: String
    /// Whether none is opened where none is open; the answer's id is empty then.
    package var onlyOpen: Bool
    package init(key: String, note: String = "", onlyOpen: Bool = false) {
        self.key = key
        self.note = note
        self.onlyOpen = onlyOpen
    }
}

/// An open upload, and what it has already.
package struct ResumedUpload: Codable, Hashable, Sendable {
    package var id: String
    /// What the client gave when it was opened.
    package var note: String
    /// By file name: the bytes that are on the disk for good.
    package var files: [String: Int]
    package init(id: String, note: String, files: [String: Int]) {
        self.id = id
        self.note = note
        self.files = files
    }
}

/// How far a file of an upload is.
package struct UploadOffset: StreamedAnswer {
    package static var content: EndpointContent { .none }
    package let bytes: Int
    package init(bytes: Int) { self.bytes = bytes }
}
