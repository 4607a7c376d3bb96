import Nouns
import WorkerProtocol

/// Reads how answers are drawn, which chat and text completions say alike.
enum WireDrawing {
    static let mostTokens = 1 << 24
    private static let mostStops = 4
    private static let mostBias = 1024

    /// Throws a Failure that names the member at fault.
    static func read(_ body: WireObject) throws -> ServingDrawing {
        var drawing = ServingDrawing(
            temperature: try body.number("temperature", 0...2) ?? 1, topP: try body.number("top_p", 0...1),
            seed: try body.whole("seed").map { UInt64(bitPattern: Int64($0)) },
            choices: try body.whole("n", 1...128), stop: try stops(body))
        drawing.presencePenalty = try body.number("presence_penalty", -2...2)
        drawing.frequencyPenalty = try body.number("frequency_penalty", -2...2)
        drawing.bias = try bias(body)
        return drawing
    }

    /// Texts before which an answer ends.
    private static func stops(_ body: WireObject) throws -> [String]? {
        let place = body.place("stop")
        switch body.any("stop", as: .oneOf([.text, .list])) {
        case nil: return nil
        case .string(let text)?: return try checked([.string(text)], place)
        case .array(let texts)?: return try checked(texts, place)
        case let other?: throw WireFault.type(place, other, wanted: "a text, or a list of at most \(mostStops)")
        }
    }

    private static func checked(_ texts: [JSONValue], _ place: String) throws -> [String]? {
        guard texts.count <= mostStops else {
            throw WireFault.count(place, texts.count, most: mostStops)
        }
        let stops = try texts.enumerated().map { index, value in
            guard let text = value.stringValue, !text.isEmpty else {
                throw WireFault.type("\(place)[\(index)]", value, wanted: "a text that is not empty")
            }
            return text
        }
        return stops.isEmpty ? nil : stops
    }

    /// Numbers that are added to the logits of tokens.
    private static func bias(_ body: WireObject) throws -> [String: Double]? {
        guard let given = try body.object("logit_bias"), !given.members.isEmpty else { return nil }
        guard given.members.count <= mostBias else {
            throw WireFault.count(given.path, given.members.count, most: mostBias)
        }
        var bias: [String: Double] = [:]
        for name in given.members.keys.sorted() {
            guard Int32(name) != nil else {
                throw WireFault.value(given.path, name, allowed: ["token ids"])
            }
            bias[name] = try given.number(name, -100...100)
        }
        return bias
    }

    /// Whether the answer comes as a stream, and whether that ends with what it took.
    static func stream(_ body: WireObject) throws -> (isWanted: Bool, tellsUsage: Bool) {
        let isWanted = try body.truth("stream") ?? false
        guard let options = try body.object("stream_options") else { return (isWanted, false) }
        guard isWanted else {
            throw WireFault.unsupported(options.path, "Set 'stream' to true, or leave it out.")
        }
        return (isWanted, try options.truth("include_usage") ?? false)
    }

    /// Throws a Failure for the first member that would change the answer and that nothing here does.
    static func refuse(_ names: [String], _ body: WireObject, _ remedy: String) throws {
        for name in names {
            if let value = body[name], value != .array([]) { throw WireFault.unsupported(body.place(name), remedy) }
        }
    }
}
