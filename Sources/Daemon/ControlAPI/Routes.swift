import ControlProtocol
import Foundation
import HummingbirdCore
import NIOCore
import Nouns
import ServiceLifecycle

/// The handlers by endpoint. A handler is a closure that calls an operation; decoding and encoding are done here.
struct Routes: Sendable {
    /// A request whose path is matched already.
    struct Incoming: Sendable {
        /// The values of the path, decoded.
        let values: [String]
        let query: [(name: String, value: String)]
        var body: RequestBody
        let mediaType: String?
        let principal: Principal
    }

    struct Route: Sendable {
        let endpoint: EndpointDescription
        let answer: @Sendable (Incoming) async throws -> Outgoing
    }

    private(set) var all: [Route] = []

    /// Answers an endpoint with one JSON value.
    mutating func on<Subject, Query, Body: Decodable, Answer: Encodable>(
        _ endpoint: Endpoint<Subject, Query, Body, Answer>,
        _ handler: @escaping @Sendable (Call<Subject, Query, Body>) async throws -> Answer
    ) {
        add(endpoint) { .json(try await handler(try await decoded(endpoint.description, $0))) }
    }

    /// Answers a route of OpenAI's with one JSON value.
    mutating func on<Subject, Query, Body: WireBody, Answer: Encodable>(
        _ endpoint: Endpoint<Subject, Query, Body, Answer>,
        _ handler: @escaping @Sendable (Call<Subject, Query, Body>) async throws -> Answer
    ) {
        add(endpoint) { .json(try await handler(try await wire(endpoint.description, $0))) }
    }

    /// Answers a route of OpenAI's with one JSON value, or with events where the body asks for a stream.
    mutating func on<Subject, Query, Body: WireBody, Whole: Encodable>(
        _ endpoint: Endpoint<Subject, Query, Body, WireAnswer<Whole>>,
        _ handler: @escaping @Sendable (Call<Subject, Query, Body>) async throws -> WireAnswer<Whole>
    ) {
        add(endpoint) { incoming in
            switch try await handler(try await wire(endpoint.description, incoming)) {
            case .whole(let value): .json(value)
            case .stream(let stream): .events(stream)
            }
        }
    }

    /// Answers an endpoint with events as they come.
    mutating func on<Subject, Query>(
        _ endpoint: Endpoint<Subject, Query, NoBody, EventStream>,
        _ handler: @escaping @Sendable (Call<Subject, Query, NoBody>) async throws -> EventStream
    ) {
        add(endpoint) { incoming in
            let events = try await handler(try await decoded(endpoint.description, incoming)).events
            // Whoever watches does not keep a daemon from stopping, and is told that it stops.
            let (stream, feed) = AsyncThrowingStream<ServerEvent, any Error>.makeStream()
            let task = Task {
                do {
                    for try await event in events.cancelOnGracefulShutdown() { feed.yield(event) }
                    feed.finish(throwing: Task.isShuttingDownGracefully ? CancellationError() : nil)
                } catch { feed.finish(throwing: error) }
            }
            feed.onTermination = { _ in task.cancel() }
            return .events(EventStream(stream))
        }
    }

    /// Answers an endpoint with a text.
    mutating func on<Subject, Query, Answer: TextAnswer>(
        _ endpoint: Endpoint<Subject, Query, NoBody, Answer>,
        _ handler: @escaping @Sendable (Call<Subject, Query, NoBody>) async throws -> Answer
    ) {
        add(endpoint) { .text(try await handler(try await decoded(endpoint.description, $0)).text) }
    }

    /// Answers an endpoint with JSON lines as they come.
    mutating func on<Subject, Query, Element>(
        _ endpoint: Endpoint<Subject, Query, NoBody, Lines<Element>>,
        _ handler: @escaping @Sendable (Call<Subject, Query, NoBody>) async throws -> Lines<Element>
    ) {
        add(endpoint) { incoming in
            let elements = try await handler(try await decoded(endpoint.description, incoming)).elements
            return .stream { write in
                // Whoever watches does not keep a daemon from stopping.
                for await element in elements.cancelOnGracefulShutdown() {
                    var line = try ContractCoding.encode(element)
                    line.append(10)
                    try await write(line)
                }
            }
        }
    }

    /// Answers an endpoint by a header alone.
    mutating func on<Subject, Query>(
        _ endpoint: Endpoint<Subject, Query, NoBody, UploadOffset>,
        _ handler: @escaping @Sendable (Call<Subject, Query, NoBody>) async throws -> UploadOffset
    ) {
        add(endpoint) { .offset(try await handler(try await decoded(endpoint.description, $0)).bytes) }
    }

    /// Answers an endpoint with bytes that are read as they are sent.
    mutating func on<Subject, Query, Answer: PiecedAnswer>(
        _ endpoint: Endpoint<Subject, Query, NoBody, Answer>,
        _ handler: @escaping @Sendable (Call<Subject, Query, NoBody>) async throws -> Answer
    ) {
        add(endpoint) { .pieces(try await handler(try await decoded(endpoint.description, $0)).pieces) }
    }

    /// Answers an endpoint that takes a file.
    mutating func on<Subject, Query, Answer: Encodable>(
        _ endpoint: Endpoint<Subject, Query, FileBody, Answer>,
        _ handler: @escaping @Sendable (Call<Subject, Query, FileBody>) async throws -> Answer
    ) {
        add(endpoint) { incoming in
            let body = incoming.body
            let file = FileBody(mediaType: incoming.mediaType) { piece in
                for try await buffer in body { try piece(Data(buffer.readableBytesView)) }
            }
            return .json(try await handler(try call(endpoint.description, incoming, body: file)))
        }
    }

    private mutating func add<Subject, Query, Body, Answer>(
        _ endpoint: Endpoint<Subject, Query, Body, Answer>,
        _ answer: @escaping @Sendable (Incoming) async throws -> Outgoing
    ) {
        all.append(Route(endpoint: endpoint.description, answer: answer))
    }
}

/// The call with its JSON body.
private func decoded<Subject: EndpointSubject, Query: EndpointQuery, Body: Decodable & Sendable>(
    _ endpoint: EndpointDescription, _ incoming: Routes.Incoming
) async throws -> Call<Subject, Query, Body> {
    // The query is looked at first: a wrong one is said before a body is waited for.
    let half: Call<Subject, Query, NoBody> = try call(endpoint, incoming, body: NoBody())
    if let none = NoBody() as? Body { return try call(endpoint, incoming, body: none) }
    let body = try await BodyReader.json(Body.self, incoming.body, of: endpoint)
    if let audited = body as? any Audited { AuditNote.current?.detail = audited.audited }
    return Call(subject: half.subject, query: half.query, body: body, principal: incoming.principal)
}

/// The call with its JSON body, read member by member.
private func wire<Subject: EndpointSubject, Query: EndpointQuery, Body: WireBody>(
    _ endpoint: EndpointDescription, _ incoming: Routes.Incoming
) async throws -> Call<Subject, Query, Body> {
    let half: Call<Subject, Query, NoBody> = try call(endpoint, incoming, body: NoBody())
    let (value, text) = try await BodyReader.read(JSONValue.self, incoming.body, of: endpoint)
    let body = try Body(WireObject(value, text: text))
    return Call(subject: half.subject, query: half.query, body: body, principal: incoming.principal)
}

private func call<Subject: EndpointSubject, Query: EndpointQuery, Body: Sendable>(
    _ endpoint: EndpointDescription, _ incoming: Routes.Incoming, body: Body
) throws -> Call<Subject, Query, Body> {
    let choice = endpoint.choice.map { [$0.parameter] } ?? []
    return Call(
        subject: Subject(values: incoming.values),
        query: try Query(incoming.query, allowed: choice, takesUnknown: endpoint.dialect == .openAI), body: body,
        principal: incoming.principal)
}
