import Foundation
import Nouns

/// Rows as JSON lines in pieces of bytes, read as they are sent, so that an export of any size takes little memory.
package struct RowLines: PiecedAnswer {
    package static let content = EndpointContent.lines("Row")
    package let pieces: AsyncThrowingStream<Data, any Error>
    package init(_ pieces: AsyncThrowingStream<Data, any Error>) { self.pieces = pieces }
}

/// A text for people.
package struct PlainText: TextAnswer {
    package static let content = EndpointContent.bytes("text/plain; charset=utf-8")
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// A page for a browser.
package struct WebPage: TextAnswer {
    package static let content = EndpointContent.bytes("text/html; charset=utf-8")
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// A table with commas between its columns.
package struct CommaTable: TextAnswer {
    package static let content = EndpointContent.bytes("text/csv; charset=utf-8")
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// An answer whose bytes are read as they are sent.
package protocol PiecedAnswer: StreamedAnswer {
    var pieces: AsyncThrowingStream<Data, any Error> { get }
}

/// An answer that is one text of some media type.
package protocol TextAnswer: StreamedAnswer {
    var text: String { get }
}
