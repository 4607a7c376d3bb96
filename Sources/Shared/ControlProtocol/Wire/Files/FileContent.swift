import Foundation
import Nouns

/// The bytes of a kept file, read as they are sent.
package struct FileContent: PiecedAnswer {
    package static let content = EndpointContent.bytes("application/octet-stream")
    package let pieces: AsyncThrowingStream<Data, any Error>
    package init(_ pieces: AsyncThrowingStream<Data, any Error>) { self.pieces = pieces }
}

/// A file that somebody keeps here, such as `file-4f2a…`.
package typealias FileID = Identifier<FileContent>
/// A file that comes in parts, such as `upload_4f2a…`.
package typealias UploadID = Identifier<UploadObject>
