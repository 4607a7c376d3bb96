import Nouns

/// What an endpoint is, without its types: what the router looks at, and what is written down about it.
package struct EndpointDescription: Sendable {
    /// Noun and verb, such as `runs.show`.
    package let name: String
    package let method: ControlMethod
    package let path: PathTemplate
    /// What tells it from other endpoints with the same method and path.
    package let choice: QueryChoice?
    package let parameters: [ParameterDescription]
    package let body: EndpointContent
    package let answer: EndpointContent
    package let weight: ControlWeight
    package let dialect: APIDialect
    /// Whether the work on its answer ends when whoever asked has left.
    package let endsWithReader: Bool
    /// Who may ask it.
    package let access: EndpointAccess
    /// What it does, in one sentence.
    package let about: String
    /// The fields of its body; none where it takes no JSON.
    package let fields: @Sendable () -> [BodyField]
    /// The JSON Schema of its answer; nil where that is described by its name alone.
    package let answerSchema: @Sendable () -> JSONValue?

    /// Its path with what chooses it, as people write it.
    var address: String {
        guard let choice, !choice.isDefault else { return path.description }
        return path.description + "?\(choice.parameter)=\(choice.value)"
    }
}

extension EndpointDescription {
    /// How a request with an `Idempotency-Key` that comes again is told from a new one.
    package enum Repetition: Sendable {
        /// By its body, which is JSON.
        case json(isRepeatable: Bool)
        /// By what it makes, since the form of the same file is never the same bytes.
        case form
    }

    /// Nil for what makes nothing: it may come as often as it likes.
    package var repetition: Repetition? { Self.making[name] }

    /// Whether it changes something, and so is on the record with whoever asked. What is posted and only asks is not.
    package var isChange: Bool { ![.get, .head].contains(method) && !Self.asking.contains(name) }

    /// Questions that are posted; and the parts of a file, thousands of them, which come to an upload whose opening and
    /// whose use are on the record.
    package static let asking: Set<String> = [
        "status.verify", "pipelines.generate", "engines.check", "bases.look", "bases.recommend",
        "bases.recommendData", "uploads.put", "completions.create", "responses.create", "chat.create",
        "decisions.create", "graders.validate", "graders.run",
    ]

    private static let making: [String: Repetition] = [
        "jobs.create": .json(isRepeatable: true), "parts.begin": .json(isRepeatable: true),
        "parts.complete": .json(isRepeatable: false), "files.create": .form, "parts.add": .form,
        "pipelines.run": .json(isRepeatable: false), "experiments.start": .json(isRepeatable: false),
        "bases.add": .json(isRepeatable: false), "uploads.open": .json(isRepeatable: false),
    ]
}

/// The value of one query parameter that chooses between endpoints with the same method and path.
package struct QueryChoice: Hashable, Sendable {
    package let parameter: String
    package let value: String
    /// Whether this endpoint answers where the parameter is not given.
    package let isDefault: Bool

    package init(_ parameter: String, _ value: String, isDefault: Bool = false) {
        self.parameter = parameter
        self.value = value
        self.isDefault = isDefault
    }
}
