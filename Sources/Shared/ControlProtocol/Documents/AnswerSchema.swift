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
        if let cases = type as? any CaseIterable.Type, let texts = texts(cases) {
            return ["type": "string", "enum": .array(texts.map { .string($0) })]
        }
        let recorder = SchemaRecorder()
        guard (try? type.init(from: recorder)) != nil else { return nil }
        return recorder.schema
    }

    private static func texts<Cases: CaseIterable>(_ type: Cases.Type) -> [String]? {
        let texts = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        return texts.isEmpty ? nil : texts
    }

    /// A value of a type, any one: it is looked at for what it reads, not for what it is.
    fileprivate static func sample<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let cases = type as? any CaseIterable.Type, let first = first(cases) as? Value { return first }
        return try Value(from: SchemaRecorder())
    }

    private static func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }
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
    fileprivate static var schema: JSONValue? { AnswerSchema.of(Wrapped.self).map(orNull) }
    fileprivate static func orNull(_ schema: JSONValue) -> JSONValue {
        ["anyOf": .array([schema, ["type": "null"]])]
    }
}

extension OrNull: SchemaHolder { fileprivate static var schema: JSONValue? { Value?.schema } }

/// A decoder that has nothing to give, and notes what is read.
private final class SchemaRecorder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var properties: [String: JSONValue] = [:]
    private var required: [JSONValue] = []

    var schema: JSONValue {
        ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    func note(_ key: any CodingKey, _ type: any Decodable.Type, isRequired: Bool) {
        let schema = AnswerSchema.of(type) ?? true
        properties[key.stringValue] = isRequired ? schema : ["anyOf": .array([schema, ["type": "null"]])]
        if isRequired { required.append(.string(key.stringValue)) }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members<Key>(recorder: self))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { Nothing() }
    func singleValueContainer() -> any SingleValueDecodingContainer { Nothing() }

    private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let recorder: SchemaRecorder
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { true }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            recorder.note(key, type, isRequired: true)
            return try AnswerSchema.sample(type)
        }
        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) -> T? { optional(type, key) }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { optional(type, key) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { optional(type, key) }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { optional(type, key) }
        func decodeIfPresent(_ type: Float.Type, forKey key: Key) -> Float? { optional(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { optional(type, key) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedDecodingContainer<Nested>
        { SchemaRecorder().container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { SchemaRecorder() }
        func superDecoder(forKey key: Key) -> any Decoder { SchemaRecorder() }

        private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
            recorder.note(key, type, isRequired: false)
            return nil
        }
    }

    /// An empty list, and the empty value of every simple type.
    private struct Nothing: UnkeyedDecodingContainer, SingleValueDecodingContainer {
        let codingPath: [any CodingKey] = []
        let count: Int? = 0
        let isAtEnd = true
        let currentIndex = 0

        func decodeNil() -> Bool { true }
        func decode(_ type: Bool.Type) -> Bool { false }
        func decode(_ type: String.Type) -> String { "" }
        func decode(_ type: Double.Type) -> Double { 0 }
        func decode(_ type: Float.Type) -> Float { 0 }
        func decode(_ type: Int.Type) -> Int { 0 }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try AnswerSchema.sample(type) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
            SchemaRecorder().container(keyedBy: type)
        }
        func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { SchemaRecorder() }
    }
}
