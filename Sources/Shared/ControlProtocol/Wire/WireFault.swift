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
