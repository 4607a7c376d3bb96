import Foundation
import Nouns

/// The JSON Schema of what a type is written as, found by having the type read a document that says nothing.
enum AnswerSchema {
    /// Nil where the type does not let itself be looked at.
    static func of(_ type: any Decodable.Type) -> JSONValue? {
        if type == String.self || type == Date.self || type == Data.self { return ["type": "string"] }
        if type == Bool.self { return ["type": "boolean"] }
        if type is any BinaryInteger.Type { return ["type": "integer"] }
        if type is any BinaryFloatingPoint.Type { return ["type": "number"] }
        if type == JSONValue.self { return true }
        if let holder = type as? any SchemaHolder.Type { return holder.schema }
        if let cases = type as? any CaseIterable.Type, let texts = FieldRecorder.texts(cases) {
            return ["type": "string", "enum": .array(texts.map { .string($0) })]
        }
        let recorder = FieldRecorder()
        guard (try? type.init(from: recorder)) != nil else { return nil }
        var properties: [String: JSONValue] = [:]
        for read in recorder.reads {
            let schema = of(read.type) ?? true
            properties[read.name] = read.isRequired ? schema : orNull(schema)
        }
        let required = recorder.reads.filter(\.isRequired).map { JSONValue.string($0.name) }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    fileprivate static func orNull(_ schema: JSONValue) -> JSONValue {
        ["anyOf": .array([schema, ["type": "null"]])]
    }
}

/// A type whose schema is made of that of the type in it.
private protocol SchemaHolder { static var schema: JSONValue? { get } }

extension Array: SchemaHolder where Element: Decodable {
    fileprivate static var schema: JSONValue? {
        AnswerSchema.of(Element.self).map { ["type": "array", "items": $0] }
    }
}

extension Dictionary: SchemaHolder where Key == String, Value: Decodable {
    fileprivate static var schema: JSONValue? {
        AnswerSchema.of(Value.self).map { ["type": "object", "additionalProperties": $0] }
    }
}

extension Optional: SchemaHolder where Wrapped: Decodable {
    fileprivate static var schema: JSONValue? { AnswerSchema.of(Wrapped.self).map(AnswerSchema.orNull) }
}

extension OrNull: SchemaHolder { fileprivate static var schema: JSONValue? { Value?.schema } }
