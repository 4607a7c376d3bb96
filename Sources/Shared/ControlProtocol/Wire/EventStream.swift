import Foundation
import Nouns

/// One event of a stream of server-sent events.
package struct ServerEvent: Sendable {
    /// The event's kind, for streams that name it.
    package var kind: String?
    package var data: Data

    package init(kind: String? = nil, _ value: some Encodable) throws {
        self.kind = kind
        data = try ContractCoding.encode(value)
    }

    private init(text: String) { data = Data(text.utf8) }

    /// What ends a stream of chat or text completions.
    package static let done = ServerEvent(text: "[DONE]")

    /// Its bytes on the wire.
    package var bytes: Data {
        Data((kind.map { "event: \($0)\n" } ?? "").utf8) + Data("data: ".utf8) + data + Data("\n\n".utf8)
    }

    /// A line that clients pass over; it keeps a silent stream open.
    package static let comment = Data(": still here\n\n".utf8)
}

/// Server-sent events, each sent as it comes.
///
/// Whoever makes one waits for its first event before: what is wrong with a request is said by the status, not within a
/// stream. An error that comes later is told as an event of its own; then the stream ends. Who stops reading ends the
/// work on it: the events' task is cancelled.
package struct EventStream: StreamedAnswer {
    package static var content: EndpointContent { .events("ServerEvent") }
    package let events: AsyncThrowingStream<ServerEvent, any Error>
    package init(_ events: AsyncThrowingStream<ServerEvent, any Error>) { self.events = events }
}

/// An answer that is one JSON value, or a stream of events where the request asks for one.
package enum WireAnswer<Whole: Codable & Sendable>: Sendable {
    case whole(Whole)
    case stream(EventStream)
}
