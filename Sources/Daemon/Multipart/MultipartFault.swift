/// What is wrong with a `multipart/form-data` body.
package enum MultipartFault: Error, Hashable, Sendable {
    /// The media type names no boundary, or one that cannot be (RFC 2046, 5.1.1).
    case boundary
    /// The body ends before its last boundary.
    case truncated
    /// A boundary is followed by something else than the end of its line.
    case delimiter
    /// The head of a part is longer than it may be.
    case longHead
    /// The head of a part cannot be read, or does not name its field.
    case head

    /// The fault in a sentence.
    package var message: String {
        switch self {
        case .boundary: "The Content-Type is not multipart/form-data with a boundary."
        case .truncated: "The body ends before its last boundary."
        case .delimiter: "A boundary of the body is followed by something else than the end of its line."
        case .longHead: "The head of a part is longer than \(MultipartReader.longestHead) bytes."
        case .head: "The head of a part does not name its field."
        }
    }
}
