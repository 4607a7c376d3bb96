/// A decoder that has nothing to give: it notes which fields a type reads, and answers each with an empty value.
final class FieldRecorder: Decoder {
    private(set) var fields: [BodyField] = []
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func note(_ key: any CodingKey, _ type: Any.Type, isRequired: Bool) {
        fields.append(BodyField(name: key.stringValue, kind: Self.kind(of: type), isRequired: isRequired))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields<Key>(recorder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { Nothing() }
    func singleValueContainer() -> any SingleValueDecodingContainer { Nothing() }

    private static func kind(of type: Any.Type) -> BodyField.Kind {
        if type == Bool.self { return .truth }
        if type is any BinaryInteger.Type { return .whole }
        if type is any BinaryFloatingPoint.Type { return .number }
        if let type = type as? any CaseIterable.Type, let cases = texts(type) { return .choice(cases) }
        let name = "\(type)"
        return name.hasPrefix("Array<") ? .list : name.hasPrefix("Dictionary<") ? .table : .text
    }

    private static func texts<Cases: CaseIterable>(_ type: Cases.Type) -> [String]? {
        let texts = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        return texts.isEmpty ? nil : texts
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let recorder: FieldRecorder
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { true }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            recorder.note(key, type, isRequired: true)
            return try T(from: FieldRecorder())
        }
        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) -> T? {
            recorder.note(key, type, isRequired: false)
            return nil
        }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { optional(type, key) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { optional(type, key) }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { optional(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { optional(type, key) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedDecodingContainer<Nested>
        { FieldRecorder().container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { FieldRecorder() }
        func superDecoder(forKey key: Key) -> any Decoder { FieldRecorder() }

        private func optional<Value>(_ type: Value.Type, _ key: Key) -> Value? {
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
        func decode(_ type: Int.Type) -> Int { 0 }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: FieldRecorder()) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
            FieldRecorder().container(keyedBy: type)
        }
        func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { FieldRecorder() }
    }
}
