import Nouns
import WorkerProtocol

/// What texts are to go on.
package struct CompletionBody: WireBody {
    /// A text, or token ids, that go on as they are.
    package enum Prompt: Hashable, Sendable {
        case text(String)
        case tokens([Int32])
    }

    package var model: String
    /// More than one where a list of texts, or of lists of ids, was given.
    package var prompts: [Prompt]
    package var drawing: ServingDrawing
    /// Whether the prompt stands before its answer.
    package var echoes: Bool
    package var streams: Bool
    package var tellsUsage: Bool

    private static let mostPrompts = 2048
    /// Prompts of a stream, whose faults are all found before its first byte.
    private static let mostStreamed = 16
    private static let kinds = "a text, token ids, or a list of texts or of lists of ids"

    package init(_ body: WireObject) throws {
        model = try body.requiredText("model")
        prompts = try Self.prompts(body.requiredAny("prompt", as: .oneOf([.text, .list])), at: body.place("prompt"))
        drawing = try WireDrawing.read(body)
        drawing.maxNewTokens = try body.whole("max_tokens", 0...WireDrawing.mostTokens) ?? 16
        drawing.logprobs = try body.whole("logprobs", 0...5)
        echoes = try body.truth("echo") ?? false
        (streams, tellsUsage) = try WireDrawing.stream(body)
        // What a prompt of ids is as text, and where its tokens begin, the worker alone knows.
        if echoes { drawing.promptLogprobs = drawing.logprobs ?? (Self.areTexts(prompts) ? nil : 0) }
        try WireDrawing.refuse(["suffix"], body, "Leave it out: texts go on at their end.")
        if let best = try body.whole("best_of"), best != 1 {
            throw WireFault.unsupported("best_of", "Leave it out, and ask for more answers with 'n'.")
        }
        guard !streams || prompts.count <= Self.mostStreamed else {
            throw WireFault.count("prompt", prompts.count, most: Self.mostStreamed)
        }
    }

    private static func areTexts(_ prompts: [Prompt]) -> Bool {
        prompts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    private static func prompts(_ value: JSONValue, at place: String) throws -> [Prompt] {
        switch value {
        case .string(let text): return [.text(text)]
        case .array(let elements):
            guard let first = elements.first else { throw WireFault.empty(place) }
            if first.doubleValue != nil { return [.tokens(try tokens(elements, at: place))] }
            guard elements.count <= mostPrompts else {
                throw WireFault.count(place, elements.count, most: mostPrompts)
            }
            return try elements.enumerated().map { index, element in
                switch element {
                case .string(let text): return .text(text)
                case .array(let ids): return .tokens(try tokens(ids, at: "\(place)[\(index)]"))
                default: throw WireFault.type("\(place)[\(index)]", element, wanted: kinds)
                }
            }
        default: throw WireFault.type(place, value, wanted: kinds)
        }
    }

    private static func tokens(_ values: [JSONValue], at place: String) throws -> [Int32] {
        try values.enumerated().map { index, value in
            guard case .integer(let number) = value, let id = Int32(exactly: number) else {
                throw WireFault.type("\(place)[\(index)]", value, wanted: "a token's id")
            }
            return id
        }
    }
}
