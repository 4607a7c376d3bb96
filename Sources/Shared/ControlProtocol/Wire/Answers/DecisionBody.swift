import Nouns

/// Questions about one input whose answers are chosen, not written.
package struct DecisionBody: WireBody {
    /// One of the answers that a question may have.
    package struct Option: Hashable, Sendable {
        /// What the model would say.
        package var text: String
        /// The same as it was given: a text, or true or false.
        package var value: JSONValue
        package var about: String?
    }

    package enum Kind: String, CaseIterable, Hashable, Sendable { case choice, predicate, score }

    package struct Question: Hashable, Sendable {
        package var kind: Kind
        package var name: String?
        /// Empty: the input is asked as it is.
        package var instructions: String
        package var options: [Option]
    }

    package var model: String
    /// The input as a text; nil where it is a conversation.
    package var text: String?
    package var messages: [Message]
    package var questions: [Question]

    private static let mostQuestions = 400
    private static let mostChoices = 255
    private static let mostLevels = 10

    package init(_ body: WireObject) throws {
        model = try body.requiredText("model")
        messages = []
        switch try body.requiredAny("input", as: .oneOf([.text, .list])) {
        case .string(let given): text = given
        case .array(let list): messages = try WireItems.read(list, at: body.place("input"))
        case let other: throw WireFault.type(body.place("input"), other, wanted: "a text or a list of messages")
        }
        let place = body.place("questions")
        let list = try body.requiredList("questions")
        questions = try list.enumerated().map { try Self.question(WireObject($1, at: "\(place)[\($0)]")) }
        guard text?.isEmpty != true, text != nil || !messages.isEmpty else { throw WireFault.empty("input") }
        guard !questions.isEmpty else { throw WireFault.empty("questions") }
        guard questions.count <= Self.mostQuestions else {
            throw WireFault.count("questions", questions.count, most: Self.mostQuestions)
        }
    }

    private static func question(_ object: WireObject) throws -> Question {
        guard let kind = try object.choice("type", Kind.self) else { throw WireFault.missing(object.place("type")) }
        let options: [Option] =
            switch kind {
            case .choice: try self.options(object, "choices", "value", most: mostChoices)
            case .predicate: [true, false].map { Option(text: $0 ? "true" : "false", value: .bool($0)) }
            case .score: try self.options(object, "levels", "label", most: mostLevels)
            }
        return Question(
            kind: kind, name: try object.text("name"),
            instructions: try WireItems.text(object["instructions"], at: object.place("instructions")) ?? "",
            options: options)
    }

    /// The options of a question; each has a value of its own.
    private static func options(_ object: WireObject, _ name: String, _ key: String, most: Int) throws -> [Option] {
        let list = try object.requiredList(name)
        guard list.count >= 2 else { throw WireFault.few(object.place(name), list.count, least: 2) }
        guard list.count <= most else { throw WireFault.count(object.place(name), list.count, most: most) }
        var seen: Set<JSONValue> = []
        return try list.enumerated().map { index, element in
            let option = try WireObject(element, at: "\(object.place(name))[\(index)]")
            guard let value = option[key] else { throw WireFault.missing(option.place(key)) }
            let text: String
            switch value {
            case .string(let given) where !given.isEmpty: text = given
            case .bool(let flag) where key == "value": text = flag ? "true" : "false"
            default:
                throw WireFault.type(
                    option.place(key), value,
                    wanted: key == "value" ? "a text that is not empty, or true or false" : "a text that is not empty")
            }
            guard seen.insert(value).inserted else { throw WireFault.twice(option.place(key), text) }
            return Option(text: text, value: value, about: try option.text("description"))
        }
    }
}
