import Foundation
import Nouns

/// A JSON Schema (draft 2020-12) that answers are checked against.
///
/// Supported is everything that validates but `$dynamicRef` and references to other documents; `format`,
/// `contentEncoding` and the like are
/// annotations, as the specification has it by default. What is not supported is refused when the schema is read, so
/// that no check is silently left out.
package struct JSONSchema: Hashable, Sendable {
    let root: JSONValue
    /// Subschemas by `$anchor`.
    let anchors: [String: JSONValue]

    /// Reads a schema. Throws a Failure (`schema.invalid`) that names the place in it by JSON pointer.
    package init(_ schema: JSONValue) throws {
        root = schema
        var anchors: [String: JSONValue] = [:]
        try SchemaReader(root: schema).check(schema, at: "", depth: 0, anchors: &anchors)
        self.anchors = anchors
        try SchemaReader(root: schema).checkReferences(schema, anchors: anchors, at: "", depth: 0)
    }

    /// Reads a schema from text.
    package init(text: String) throws {
        let value: JSONValue
        do { value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) } catch {
            throw Failure(code: "schema.invalid", "The schema is not JSON.", remedy: "Mend it.", cause: "\(error)")
        }
        try self.init(value)
    }

    /// Everything that is wrong with a value, at most a hundred faults; empty where it fits.
    package func faults(of value: JSONValue) -> [SchemaFault] {
        SchemaCheck(schema: self).faults(of: value)
    }

    /// Whether a text is one JSON value that fits.
    package func accepts(text: String) -> Bool {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return false }
        return faults(of: value).isEmpty
    }

    /// The subschema that a local reference (`#`, `#/a/b`, `#anchor`) names.
    func resolve(_ reference: String) -> JSONValue? {
        if reference == "#" { return root }
        guard reference.hasPrefix("#"), let fragment = reference.dropFirst().removingPercentEncoding else { return nil }
        guard fragment.hasPrefix("/") else { return anchors[fragment] }
        return Self.pointed(root, fragment)
    }

    /// The value at a JSON pointer (RFC 6901).
    static func pointed(_ value: JSONValue, _ pointer: String) -> JSONValue? {
        var value = value
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let key = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
            switch value {
            case .object(let members):
                guard let next = members[key] else { return nil }
                value = next
            case .array(let elements):
                guard let index = Int(key), elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }
}

/// One way in which a value does not fit a schema.
package struct SchemaFault: Hashable, Sendable, CustomStringConvertible {
    /// JSON pointer into the value; empty for the whole.
    package var pointer: String
    package var message: String
    package var description: String { "\(pointer.isEmpty ? "the value" : pointer) \(message)" }
}
