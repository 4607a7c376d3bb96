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

/// Figures for a monitoring system.
package struct MetricsText: TextAnswer {
    package static let content = EndpointContent.bytes("text/plain; version=0.0.4; charset=utf-8")
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// The description of the control API, an object by OpenAPI 3.1.
package struct OpenAPIDocument: TextAnswer {
    package static let content = EndpointContent.json("OpenAPIDocument")
    private static let made = Result { try OpenAPIPage.text() }
    package let text: String
    /// Throws an EncodingError where the table of endpoints cannot be written as JSON.
    package init() throws { text = try Self.made.get() }
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
