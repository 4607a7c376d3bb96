import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Nouns
import StageKit

/// What a handler answers, before it is bytes.
enum Outgoing: Sendable {
    case json(any Encodable & Sendable)
    case text(String)
    /// Bytes that come over a time, each written when the one before is on its way.
    case stream(@Sendable (_ write: (Data) async throws -> Void) async throws -> Void)
    /// Bytes that take work to read, so that each piece is read beside the quick answers.
    case pieces(AsyncThrowingStream<Data, any Error>)
    /// How far a file is, in the header `Upload-Offset`.
    case offset(Int)
    /// Server-sent events.
    case events(EventStream)

    /// The response with the media type that the endpoint declares.
    ///
    /// - Parameter told: what a text of the control API says to whoever asks.
    func response(
        _ endpoint: EndpointDescription, _ threads: AnswerThreads, _ departure: Departure,
        told: @escaping @Sendable (Data) throws -> Data
    ) throws -> Response {
        switch self {
        case .json(let value): Self.json(try told(ContractCoding.encode(value)))
        case .text(let text):
            Response(
                status: .ok, headers: headers(endpoint),
                body: .init(byteBuffer: ByteBuffer(bytes: try told(Data(text.utf8)))))
        case .stream(let produce):
            Response(
                status: .ok, headers: headers(endpoint),
                body: .init { writer in
                    try await produce { try await writer.write(ByteBuffer(bytes: told($0))) }
                    try await writer.finish(nil)
                })
        case .pieces(let pieces):
            Response(
                status: .ok, headers: headers(endpoint),
                body: .init { writer in
                    while let piece = try await HeavyWork.run(on: threads, { try await Self.next(pieces) }) {
                        try await writer.write(ByteBuffer(bytes: piece))
                    }
                    try await writer.finish(nil)
                })
        case .offset(let bytes): Self.offset(bytes)
        case .events(let stream): Self.events(stream, departure)
        }
    }

    private static func offset(_ bytes: Int) -> Response {
        var headers = HTTPFields()
        if let name = HTTPField.Name("upload-offset") { headers[name] = String(bytes) }
        return Response(status: .ok, headers: headers)
    }

    private static func events(_ stream: EventStream, _ departure: Departure) -> Response {
        let events = EventWriter(events: stream.events, departure: departure, silence: EventWriter.usualSilence)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: .init { writer in
                try await events.write { try await writer.write(ByteBuffer(bytes: $0)) }
                try await writer.finish(nil)
            })
    }

    /// A response that is one JSON value.
    static func json(_ value: any Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws
        -> Response
    {
        json(try ContractCoding.encode(value), status: status, headers: headers)
    }

    /// A response that is one JSON value, encoded already.
    static func json(_ data: Data, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }

    private func headers(_ endpoint: EndpointDescription) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = endpoint.answer.mediaType
        return headers
    }

    private static func next(_ pieces: AsyncThrowingStream<Data, any Error>) async throws -> Data? {
        var iterator = pieces.makeAsyncIterator()
        return try await iterator.next()
    }
}
