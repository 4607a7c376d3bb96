/// A dictionary in order of insertion, as Python's.
package struct TemplateDictionary: Sendable {
    package private(set) var keys: [Key] = []
    package private(set) var values: [TemplateValue] = []
    /// Where keys lie, once there are too many to look at each.
    private var index: [Key.Identity: Int] = [:]
    private(set) var depth = 1

    private static let few = 8

    package init() {}

    /// A key with the value that it was made of, which may be marked as data.
    package struct Key: Sendable {
        /// What makes keys equal.
        enum Identity: Hashable, Sendable {
            case text([UInt8])
            case int(Int)
            case double(Double)
            case none
        }

        let identity: Identity
        package let value: TemplateValue

        init(_ value: TemplateValue) throws {
            self.value = value
            switch value {
            case .text(let text): identity = .text(text.bytes)
            case .int(let number): identity = .int(number)
            case .bool(let flag): identity = .int(flag ? 1 : 0)
            case .double(let number): identity = Int(exactly: number).map { .int($0) } ?? .double(number)
            case .none: identity = .none
            default: throw TemplateFailure.evaluation("a \(value.typeName) cannot be the key of a dict")
            }
        }

        fileprivate init(text: [UInt8]) {
            identity = .text(text)
            value = .text(TemplateText(bytes: text, isData: false))
        }

        static func text(_ bytes: [UInt8]) -> Key { Key(text: bytes) }
    }

    package var count: Int { keys.count }

    subscript(identity: Key.Identity) -> TemplateValue? { place(identity).map { values[$0] } }

    private func place(_ identity: Key.Identity) -> Int? {
        keys.count <= Self.few ? keys.firstIndex { $0.identity == identity } : index[identity]
    }

    /// The value of a text key.
    package subscript(name name: String) -> TemplateValue? { self[.text(Array(name.utf8))] }

    mutating func set(_ key: Key, _ value: TemplateValue) throws {
        depth = max(depth, try TemplateList.depth(of: [value]))
        if let place = place(key.identity) { return values[place] = value }
        keys.append(key)
        values.append(value)
        if keys.count == Self.few + 1 {
            for (place, key) in keys.enumerated() { index[key.identity] = place }
        } else if keys.count > Self.few {
            index[key.identity] = keys.count - 1
        }
    }

    /// Sets the value of a text key that is the template's own, not data.
    package mutating func set(_ name: String, _ value: TemplateValue) throws { try set(.text(Array(name.utf8)), value) }

    /// Sets the value of a text key that came from data.
    package mutating func setData(_ name: String, source: Int32? = nil, _ value: TemplateValue) throws {
        try set(Key(source.map { .data(name, source: $0) } ?? .data(name)), value)
    }
}
