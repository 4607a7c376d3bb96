/// What a body or an answer is made of, for the server's headers and for the documentation.
package enum EndpointContent: Hashable, Sendable {
    case none
    /// One JSON value of a type, as people write it: `Run`, `[Run]`.
    case json(String)
    /// JSON lines of a type, for as long as there are any.
    case lines(String)
    /// Bytes or text of a media type.
    case bytes(String)
    /// Server-sent events of a type.
    case events(String)
    /// One JSON value of a type, or server-sent events where the body asks for a stream.
    case jsonOrEvents(String)

    /// The content of a type that travels as JSON.
    package static func json<Value>(of type: Value.Type) -> EndpointContent {
        type == NoBody.self ? .none : .json(name(of: type))
    }

    package var mediaType: String? {
        switch self {
        case .none: nil
        case .json, .jsonOrEvents: "application/json"
        case .events: "text/event-stream"
        case .lines: "application/x-ndjson"
        case .bytes(let type): type
        }
    }

    /// A type's name as it is written in Swift.
    static func name<Value>(of type: Value.Type) -> String {
        let name = "\(type)"
        guard name.hasPrefix("Array<"), name.hasSuffix(">") else { return name }
        return "[" + name.dropFirst("Array<".count).dropLast() + "]"
    }
}

/// The body of a request that says all with its path and query.
package struct NoBody: Codable, Hashable, Sendable {
    package init() {}
}

/// An answer that is not one JSON value.
package protocol StreamedAnswer: Sendable {
    static var content: EndpointContent { get }
}

/// JSON lines, one for each element, sent as they come.
package struct Lines<Element: Codable & Sendable>: StreamedAnswer {
    package static var content: EndpointContent { .lines(EndpointContent.name(of: Element.self)) }
    package let elements: AsyncStream<Element>
    package init(_ elements: AsyncStream<Element>) { self.elements = elements }
}
