import Foundation
import JSONText
import Nouns

/// An object of a request's body, and where it is in it: `messages[2].content[0]`.
package struct WireObject: Sendable {
    package let members: [String: JSONValue]
    /// Empty for the body itself.
    package let path: String
    /// The bytes of the body itself.
    private let text: Data?
    private let recorder: Recorder?

    /// Throws a Failure (`request.body`) where the value is no object.
    ///
    /// - Parameter text: what the value was read from, where how it is spelt is of interest.
    package init(_ value: JSONValue, at path: String = "", text: Data? = nil) throws {
        guard let members = value.objectValue else {
            throw path.isEmpty ? WireFault.noObject : WireFault.type(path, value, wanted: "an object")
        }
        self.members = members
        self.path = path
        self.text = text
        recorder = nil
    }

    /// An object whose reading is noted down.
    init(_ recorder: Recorder) {
        members = [:]
        path = ""
        text = nil
        self.recorder = recorder
    }

    /// The name of a member as an error tells it.
    package func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// A member of any type; nil where it is missing or null.
    package subscript(name: String) -> JSONValue? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    // MARK: Members that may be left out

    package func text(_ name: String) throws -> String? {
        try value(name, .text, "a text") { $0.stringValue }
    }

    package func truth(_ name: String) throws -> Bool? {
        try value(name, .truth, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// A whole number within `range`.
    package func whole(_ name: String, _ range: ClosedRange<Int> = Int.min...Int.max) throws -> Int? {
        let found: Int? = try value(name, .whole, "a whole number") { value in
            switch value {
            case .integer(let number): Int(exactly: number)
            case .number(let number): Int(exactly: number)
            default: nil
            }
        }
        guard let found, !range.contains(found) else { return found }
        throw WireFault.range(
            place(name), "\(found)", range.upperBound == .max ? nil : "\(range.upperBound)",
            from: range.lowerBound == .min ? nil : "\(range.lowerBound)")
    }

    /// A number within `range`.
    package func number(_ name: String, _ range: ClosedRange<Double>) throws -> Double? {
        guard let found = try value(name, .number, "a number", { $0.doubleValue }) else { return nil }
        guard range.contains(found) else {
            throw WireFault.range(place(name), "\(found)", "\(range.upperBound)", from: "\(range.lowerBound)")
        }
        return found
    }

    /// One of a few texts.
    package func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) throws
        -> Choice? where Choice.RawValue == String
    {
        let all = Choice.allCases.map(\.rawValue)
        guard let text = try value(name, .choice(all), "a text", { $0.stringValue }) else { return nil }
        guard let found = Choice(rawValue: text) else { throw WireFault.value(place(name), text, allowed: all) }
        return found
    }

    package func list(_ name: String) throws -> [JSONValue]? { try value(name, .list, "a list") { $0.arrayValue } }

    package func object(_ name: String) throws -> WireObject? {
        guard let value = try value(name, .table, "an object", { $0.objectValue }) else { return nil }
        return try WireObject(.object(value), at: place(name))
    }

    /// A member that may have several types: what it is, is for the caller to say.
    package func any(_ name: String, as kind: BodyField.Kind = .table) -> JSONValue? {
        note(name, kind, isRequired: false)
        return self[name]
    }

    /// A member of the body as JSON text, in the order and spelling in which it was sent.
    package func spelling(_ name: String) throws -> String? {
        guard let value = self[name] else { return nil }
        guard let text else { return JSONTree(value).text }
        do throws(JSONTextFault) {
            return try JSONTree.parse(String(decoding: text, as: UTF8.self))[name]?.text
        } catch {
            throw Failure(
                code: "request.body", "The body cannot be read: \(error.problem).", remedy: "Send each member once.")
        }
    }

    // MARK: Members that are required

    package func requiredText(_ name: String) throws -> String {
        note(name, .text, isRequired: true)
        return try required(name, "") { try text(name) }
    }

    package func requiredList(_ name: String) throws -> [JSONValue] {
        note(name, .list, isRequired: true)
        return try required(name, []) { try list(name) }
    }

    /// A member of any type that has to be there.
    package func requiredAny(_ name: String, as kind: BodyField.Kind) throws -> JSONValue {
        note(name, kind, isRequired: true)
        return try required(name, .string("")) { self[name] }
    }

    // MARK: How

    private func required<Value>(_ name: String, _ recorded: Value, _ read: () throws -> Value?) throws -> Value {
        if recorder != nil { return recorded }
        guard let value = try read() else { throw WireFault.missing(place(name)) }
        return value
    }

    private func value<Value>(
        _ name: String, _ kind: BodyField.Kind, _ wanted: String, _ read: (JSONValue) -> Value?
    ) throws -> Value? {
        note(name, kind, isRequired: false)
        guard let value = self[name] else { return nil }
        guard let found = read(value) else { throw WireFault.type(place(name), value, wanted: wanted) }
        return found
    }

    private func note(_ name: String, _ kind: BodyField.Kind, isRequired: Bool) {
        recorder?.note(BodyField(name: name, kind: kind, isRequired: isRequired))
    }
}
