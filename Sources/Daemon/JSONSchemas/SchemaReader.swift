import EvaluationMetrics
import Foundation
import Nouns

/// Checks a schema itself, before any value is checked against it.
struct SchemaReader {
    let root: JSONValue

    private static let counts: Set = [
        "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "maxContains",
        "minContains",
    ]
    private static let limits: Set = ["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"]
    private static let schemas: Set = [
        "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties",
    ]
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let maps: Set = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]
    private static let types: Set = ["null", "boolean", "integer", "number", "string", "array", "object"]
    /// Words that say something and check nothing.
    private static let silent: Set = [
        "$schema", "$id", "$comment", "$vocabulary", "title", "description", "default", "examples", "deprecated",
        "readOnly", "writeOnly", "format",
        "contentEncoding", "contentMediaType", "contentSchema", "enum", "const", "required", "dependentRequired",
        "uniqueItems", "type", "pattern", "$ref",
        "$anchor",
    ]

    /// Throws where the schema has a shape that no value could be checked against; collects anchors.
    func check(_ schema: JSONValue, at pointer: String, depth: Int, anchors: inout [String: JSONValue]) throws {
        if case .bool = schema { return }
        guard let members = schema.objectValue else { throw fault("A schema is an object, true or false.", pointer) }
        guard depth < 100 else { throw fault("The schema is nested more than 100 deep.", pointer) }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            let place =
                pointer + "/" + key.replacingOccurrences(of: "~", with: "~0").replacingOccurrences(of: "/", with: "~1")
            if Self.counts.contains(key) {
                guard let number = value.doubleValue, number >= 0, number == number.rounded() else {
                    throw fault("'\(key)' is a whole number from 0 on.", place)
                }
            } else if Self.limits.contains(key) {
                guard let number = value.doubleValue, key != "multipleOf" || number > 0 else {
                    throw fault("'\(key)' is a number\(key == "multipleOf" ? " above 0" : "").", place)
                }
            } else if Self.schemas.contains(key) {
                try check(value, at: place, depth: depth + 1, anchors: &anchors)
            } else if Self.lists.contains(key) {
                guard let list = value.arrayValue, !list.isEmpty else {
                    throw fault("'\(key)' is a list of schemas.", place)
                }
                for (index, one) in list.enumerated() {
                    try check(one, at: "\(place)/\(index)", depth: depth + 1, anchors: &anchors)
                }
            } else if Self.maps.contains(key) {
                guard let map = value.objectValue else { throw fault("'\(key)' is an object of schemas.", place) }
                for (name, one) in map {
                    if key == "patternProperties" { try pattern(name, place) }
                    try check(one, at: "\(place)/\(name)", depth: depth + 1, anchors: &anchors)
                }
            } else if Self.silent.contains(key) {
                try checkPlain(key, value, place)
                if key == "$anchor", let name = value.stringValue { anchors[name] = schema }
            } else {
                // Also words of earlier drafts, which would be ignored in this one without a word.
                throw fault("The keyword '\(key)' is not supported.", place)
            }
        }
    }

    private func checkPlain(_ key: String, _ value: JSONValue, _ place: String) throws {
        switch key {
        case "type":
            let names = value.stringValue.map { [$0] } ?? value.arrayValue?.map { $0.stringValue ?? "" } ?? []
            guard !names.isEmpty, Self.types.isSuperset(of: names) else {
                throw fault("'type' is one or several of \(Self.types.sorted().joined(separator: ", ")).", place)
            }
        case "pattern":
            guard let text = value.stringValue else { throw fault("'pattern' is a text.", place) }
            try pattern(text, place)
        case "enum":
            guard value.arrayValue != nil else { throw fault("'enum' is a list.", place) }
        case "required":
            guard let list = value.arrayValue, list.allSatisfy({ $0.stringValue != nil }) else {
                throw fault("'required' is a list of texts.", place)
            }
        case "dependentRequired":
            guard let map = value.objectValue,
                map.values.allSatisfy({ $0.arrayValue?.allSatisfy { $0.stringValue != nil } == true })
            else {
                throw fault("'dependentRequired' is an object of lists of texts.", place)
            }
        case "uniqueItems":
            guard case .bool = value else { throw fault("'uniqueItems' is true or false.", place) }
        case "$ref", "$anchor":
            guard value.stringValue != nil else { throw fault("'\(key)' is a text.", place) }
        default: break
        }
    }

    /// Throws where a `$ref` names nothing in this schema.
    func checkReferences(_ schema: JSONValue, anchors: [String: JSONValue], at pointer: String, depth: Int) throws {
        guard let members = schema.objectValue, depth < 100 else { return }
        if let reference = members["$ref"]?.stringValue {
            let fragment = String(reference.dropFirst())
            let found =
                reference == "#"
                || reference.hasPrefix("#/")
                    && JSONSchema.pointed(root, fragment.removingPercentEncoding ?? fragment) != nil
                || reference.hasPrefix("#") && anchors[fragment] != nil
            guard found else {
                throw fault(
                    "'\(reference)' names nothing in this schema; other documents are not fetched.", pointer + "/$ref")
            }
        }
        for (key, value) in members {
            if Self.schemas.contains(key) {
                try checkReferences(value, anchors: anchors, at: "\(pointer)/\(key)", depth: depth + 1)
            }
            for one in Self.lists.contains(key) ? value.arrayValue ?? [] : [] {
                try checkReferences(one, anchors: anchors, at: "\(pointer)/\(key)", depth: depth + 1)
            }
            for (name, one) in Self.maps.contains(key) ? value.objectValue ?? [:] : [:] {
                try checkReferences(one, anchors: anchors, at: "\(pointer)/\(key)/\(name)", depth: depth + 1)
            }
        }
    }

    private func pattern(_ text: String, _ place: String) throws {
        guard BoundedRegex(text).isValid else {
            throw fault("This is no regular expression of at most \(BoundedRegex.longest) characters.", place)
        }
    }

    private func fault(_ message: String, _ pointer: String) -> Failure {
        Failure(
            code: "schema.invalid", message, at: pointer.isEmpty ? "the schema" : pointer,
            remedy: "Mend the schema (JSON Schema 2020-12).")
    }
}
