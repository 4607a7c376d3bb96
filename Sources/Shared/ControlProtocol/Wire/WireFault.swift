import Nouns

/// What can be wrong with the body of a request of OpenAI's; each names the member at fault.
package enum WireFault {
    static let noObject = Failure(
        code: "request.body", "The body is no JSON object.", remedy: "Send the JSON that the request takes.")

    static func missing(_ place: String) -> Failure {
        Failure(code: "request.body", "The body has no field '\(place)'.", at: place, remedy: "Give it.")
    }

    /// A value of the wrong type.
    package static func type(_ place: String, _ value: JSONValue, wanted: String) -> Failure {
        Failure(
            code: "request.body", "The field '\(place)' is \(words(value)).", at: place, remedy: "Give \(wanted).")
    }

    /// A number that is out of range.
    static func range(_ place: String, _ value: String, _ most: String?, from least: String?) -> Failure {
        let remedy = [least.map { "at least \($0)" }, most.map { "at most \($0)" }].compactMap(\.self)
        return Failure(
            code: "request.value", "The field '\(place)' is \(value).", at: place,
            remedy: "Give \(remedy.joined(separator: " and ")).")
    }

    /// A text that is none of those there are.
    package static func value(_ place: String, _ value: String, allowed: [String]) -> Failure {
        Failure(
            code: "request.value", "The field '\(place)' is '\(value)'.", at: place,
            remedy: "Give \(allowed.map { "'\($0)'" }.joined(separator: " or ")).")
    }

    /// A member that asks for what there is not; `remedy` says what to do.
    package static func unsupported(_ place: String, _ remedy: String) -> Failure {
        Failure(
            code: "request.unsupported_parameter", "The field '\(place)' is not supported here.", at: place,
            remedy: remedy)
    }

    /// A list or text that is too long.
    static func count(_ place: String, _ count: Int, most: Int) -> Failure {
        Failure(
            code: "request.value", "The field '\(place)' has \(count) of at most \(most).", at: place,
            remedy: "Give fewer.")
    }

    /// A list that is too short.
    static func few(_ place: String, _ count: Int, least: Int) -> Failure {
        Failure(
            code: "request.value", "The field '\(place)' has \(count).", at: place,
            remedy: "Give at least \(least).")
    }

    /// A value that must be one of a kind.
    static func twice(_ place: String, _ value: String) -> Failure {
        Failure(
            code: "request.value", "The field '\(place)' is '\(value)' a second time.", at: place,
            remedy: "Give each once.")
    }

    /// A list or text that must hold something.
    package static func empty(_ place: String) -> Failure {
        Failure(
            code: "request.value", "The field '\(place)' is empty.", at: place, remedy: "Give at least one.")
    }

    private static func words(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text): "the text '\(text.prefix(40))'"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
