/// One request: an endpoint with its subject, query and body filled in; made by calling the endpoint.
package struct ControlRequest<Body: Sendable, Answer: Sendable>: Sendable {
    package let endpoint: EndpointDescription
    /// Not percent-encoded.
    package let path: String
    package let query: [String: String]
    package let body: Body

    init(_ endpoint: EndpointDescription, _ subject: [String], _ query: [String: String], _ body: Body) {
        self.endpoint = endpoint
        path = endpoint.path.path(subject)
        var query = query
        if let choice = endpoint.choice, !choice.isDefault { query[choice.parameter] = choice.value }
        self.query = query
        self.body = body
    }
}

extension Endpoint where Subject == NoSubject, Query == NoQuery, Body == NoBody {
    package func callAsFunction() -> ControlRequest<Body, Answer> { .init(description, [], [:], NoBody()) }
}

extension Endpoint where Query == NoQuery, Body == NoBody {
    package func callAsFunction(_ subject: Subject) -> ControlRequest<Body, Answer> {
        .init(description, subject.values, [:], NoBody())
    }
}

extension Endpoint where Subject == NoSubject, Body == NoBody {
    package func callAsFunction(_ query: Query) -> ControlRequest<Body, Answer> {
        .init(description, [], query.items, NoBody())
    }
}

extension Endpoint where Body == NoBody {
    package func callAsFunction(_ subject: Subject, _ query: Query) -> ControlRequest<Body, Answer> {
        .init(description, subject.values, query.items, NoBody())
    }
}

extension Endpoint where Subject == NoSubject, Query == NoQuery {
    package func callAsFunction(_ body: Body) -> ControlRequest<Body, Answer> { .init(description, [], [:], body) }
}

extension Endpoint where Query == NoQuery {
    package func callAsFunction(_ subject: Subject, _ body: Body) -> ControlRequest<Body, Answer> {
        .init(description, subject.values, [:], body)
    }
}

extension Endpoint where Body == FileBody {
    package func callAsFunction(_ subject: Subject, _ query: Query = Query()) -> ControlRequest<Body, Answer> {
        .init(description, subject.values, query.items, FileBody())
    }
}
