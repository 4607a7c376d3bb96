import Nouns

/// One question or order of the control API, declared once.
///
/// The server registers handlers by it, the client sends by it, and `docs/api.md` and the OpenAPI description are made
/// from it. Bodies and answers are JSON with ISO 8601 dates unless their type says otherwise; every error is an
/// ``ErrorAnswer`` with a 4xx or 5xx status.
package struct Endpoint<Subject: EndpointSubject, Query: EndpointQuery, Body: Sendable, Answer: Sendable>: Sendable {
    package let description: EndpointDescription

    private init(
        _ name: String, _ method: ControlMethod, _ path: String, _ weight: ControlWeight, _ choice: QueryChoice?,
        body: EndpointContent, answer: EndpointContent, about: String, dialect: APIDialect = .control,
        endsWithReader: Bool = false, access: EndpointAccess?,
        fields: @escaping @Sendable () -> [BodyField] = { [] },
        schema: @escaping @Sendable () -> JSONValue? = { nil }
    ) {
        description = EndpointDescription(
            name: name, method: method, path: PathTemplate(path), choice: choice,
            parameters: Query.parameters.map(\.description), body: body, answer: answer, weight: weight,
            dialect: dialect, endsWithReader: endsWithReader, access: access ?? .usual(method), about: about,
            fields: fields, answerSchema: schema)
    }
}

extension Endpoint where Body: Codable, Answer: Codable {
    /// Declares an endpoint that takes JSON (or ``NoBody``) and answers JSON.
    ///
    /// - Parameters:
    ///   - name: noun and verb, such as `runs.show`.
    ///   - path: with the subject's values in braces, such as `/v1/runs/{run}`.
    ///   - about: what it does, in one sentence.
    ///   - weight: whether its answer is made at once, or takes many rows, files or a worker.
    ///   - dialect: OpenAI's where one of its routes takes no body.
    ///   - choice: the value of one query parameter that tells it from other endpoints with the same method and path.
    ///   - access: who may ask it; ``EndpointAccess/usual(_:)`` where it is left out.
    package init(
        _ name: String, _ method: ControlMethod, _ path: String, _ about: String, weight: ControlWeight = .quick,
        choice: QueryChoice? = nil, dialect: APIDialect = .control, access: EndpointAccess? = nil
    ) {
        self.init(
            name, method, path, weight, choice, body: .json(of: Body.self), answer: .json(of: Answer.self),
            about: about, dialect: dialect, access: access, fields: { BodyField.all(of: Body.self) },
            schema: { dialect == .openAI ? AnswerSchema.of(Answer.self) : nil })
    }
}

extension Endpoint where Body: Codable, Answer: StreamedAnswer {
    /// Declares an endpoint that answers otherwise than with one JSON value; see the first initialiser.
    package init(
        _ name: String, _ method: ControlMethod, _ path: String, _ about: String, weight: ControlWeight = .quick,
        choice: QueryChoice? = nil, dialect: APIDialect = .control, access: EndpointAccess? = nil
    ) {
        self.init(
            name, method, path, weight, choice, body: .json(of: Body.self), answer: Answer.content, about: about,
            dialect: dialect, access: access)
    }
}

extension Endpoint where Body == FileBody, Answer: Codable {
    /// Declares an endpoint that takes the bytes of a file; see the first initialiser.
    package init(
        _ name: String, _ method: ControlMethod, _ path: String, _ about: String, weight: ControlWeight = .heavy,
        access: EndpointAccess? = nil
    ) {
        self.init(
            name, method, path, weight, nil, body: .bytes("application/octet-stream"), answer: .json(of: Answer.self),
            about: about, access: access)
    }
}

extension Endpoint where Body == FileBody, Answer: Codable {
    /// Declares a route of OpenAI's that takes a form with a file.
    package init(form name: String, _ path: String, _ about: String, access: EndpointAccess? = nil) {
        self.init(
            name, .post, path, .heavy, nil, body: .bytes("multipart/form-data"), answer: .json(of: Answer.self),
            about: about, dialect: .openAI, access: access, schema: { AnswerSchema.of(Answer.self) })
    }
}

extension Endpoint where Body: WireBody, Answer: Codable {
    /// Declares a route of OpenAI's that answers JSON; see the first initialiser.
    ///
    /// - Parameter endsWithReader: whether the work on its answer ends when whoever asked has left.
    package init(
        wire name: String, _ method: ControlMethod, _ path: String, _ about: String, weight: ControlWeight = .quick,
        endsWithReader: Bool = false, access: EndpointAccess? = nil
    ) {
        self.init(
            name, method, path, weight, nil, body: .json(of: Body.self), answer: .json(of: Answer.self), about: about,
            dialect: .openAI, endsWithReader: endsWithReader, access: access, fields: { Body.fields },
            schema: { AnswerSchema.of(Answer.self) })
    }
}

extension Endpoint where Body: WireBody {
    /// Declares a route of OpenAI's that answers JSON, or a stream of events where the body asks for one.
    package init<Whole>(
        wire name: String, _ method: ControlMethod, _ path: String, _ about: String, access: EndpointAccess? = nil
    ) where Answer == WireAnswer<Whole> {
        self.init(
            name, method, path, .quick, nil, body: .json(of: Body.self),
            answer: .jsonOrEvents(EndpointContent.name(of: Whole.self)), about: about, dialect: .openAI,
            endsWithReader: true, access: access, fields: { Body.fields }, schema: { AnswerSchema.of(Whole.self) })
    }
}
