import ControlProtocol
import Nouns
import Serving
import WorkerProtocol

/// A streamed answer: made only as fast as it is read, and taken back where nobody reads on.
actor AnswerStream<Writer: AnswerWriter> {
    private let events: AsyncThrowingStream<Writer.Event, any Error>
    private let places: WirePlaces
    private var writer: Writer
    /// What is ready and not read yet.
    private var ready: ArraySlice<ServerEvent>
    private var isOver = false

    private init(
        _ events: AsyncThrowingStream<Writer.Event, any Error>, _ ready: [ServerEvent], _ writer: Writer,
        _ places: WirePlaces
    ) {
        self.events = events
        self.places = places
        self.writer = writer
        self.ready = ready[...]
    }

    /// Waits until the answer has begun, so that what is wrong with the request is said by the answer's status.
    static func begin(
        _ events: AsyncThrowingStream<Writer.Event, any Error>, _ writer: Writer, _ places: WirePlaces
    ) async throws -> EventStream {
        var writer = writer
        var ready: [ServerEvent] = []
        while !writer.hasBegun {
            guard let event = try await places.naming({ try await next(of: events) }) else {
                throw CancellationError()
            }
            ready += try writer.take(event)
        }
        let stream = AnswerStream(events, ready, writer, places)
        return EventStream(AsyncThrowingStream { try await stream.next() })
    }

    private func next() async throws -> ServerEvent? {
        while ready.isEmpty {
            guard !isOver else { return nil }
            if let event = try await places.naming({ [events] in try await Self.next(of: events) }) {
                ready = try writer.take(event)[...]
            } else {
                // Whoever left gets no end that looks like one.
                try Task.checkCancellation()
                isOver = true
                ready = try await writer.finish()[...]
            }
        }
        return ready.popFirst()
    }

    private static func next(of events: AsyncThrowingStream<Writer.Event, any Error>) async throws -> Writer.Event? {
        var iterator = events.makeAsyncIterator()
        return try await iterator.next()
    }
}
