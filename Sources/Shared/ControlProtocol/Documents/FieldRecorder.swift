/// A decoder that has nothing to give: it notes which fields a type reads, and answers each with an empty value.
final class FieldRecorder: Decoder {
    /// A field in the order in which it was read.
    struct Read {
        let name: String
        let type: any Decodable.Type
        let isRequired: Bool
    }

    private(set) var reads: [Read] = []
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The same for the documentation.
    var fields: [BodyField] {
        reads.map { BodyField(name: $0.name, kind: Self.kind(of: $0.type), isRequired: $0.isRequired) }
    }

    /// The texts of an enumeration; nil where its cases are no texts.
    static func texts(_ type: any CaseIterable.Type) -> [String]? {
        func texts<Cases: CaseIterable>(_ type: Cases.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        let all = texts(type)
        return all.isEmpty ? nil : all
    }

    /// A value of a type, any one: it is looked at for what it reads, not for what it is.
    private static func sample<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let cases = type as? any CaseIterable.Type, let first = first(cases) as? Value { return first }
        return try Value(from: FieldRecorder())
    }

    private static func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }

    private func note(_ key: any CodingKey, _ type: any Decodable.Type, isRequired: Bool) {
        reads.append(Read(name: key.stringValue, type: type, isRequired: isRequired))
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
        if name.hasPrefix("Array<") { return .list }
        return name.hasPrefix("Dictionary<") || isObject(type) ? .table : .text
    }

    /// Whether a type has fields of its own.
    private static func isObject(_ type: Any.Type) -> Bool {
        guard let type = type as? any Decodable.Type else { return false }
        let recorder = FieldRecorder()
        // What is read before it fails counts as well.
        _ = try? type.init(from: recorder)
        return !recorder.reads.isEmpty
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let recorder: FieldRecorder
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { true }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            recorder.note(key, type, isRequired: true)
            return try FieldRecorder.sample(type)
        }
        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) -> T? { optional(type, key) }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { optional(type, key) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { optional(type, key) }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { optional(type, key) }
        func decodeIfPresent(_ type: Float.Type, forKey key: Key) -> Float? { optional(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { optional(type, key) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedDecodingContainer<Nested>
        { FieldRecorder().container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { FieldRecorder() }
        func superDecoder(forKey key: Key) -> any Decoder { FieldRecorder() }

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
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try FieldRecorder.sample(type) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
            FieldRecorder().container(keyedBy: type)
        }
        func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { Nothing() }
        func superDecoder() -> any Decoder { FieldRecorder() }
    }
}
