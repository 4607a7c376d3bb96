/// What an uploaded file amounts to.
package struct UploadedAnswer: Codable, Hashable, Sendable {
    package var bytes: Int
    package init(bytes: Int) { self.bytes = bytes }
}
