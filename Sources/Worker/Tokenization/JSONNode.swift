/// A value of a tokenizer's JSON file other than the large lists.
enum JSONNode: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([(key: String, value: JSONNode)])

    static func == (left: JSONNode, right: JSONNode) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let first), .bool(let second)): first == second
        case (.number(let first), .number(let second)): first == second
        case (.string(let first), .string(let second)): first.utf8.elementsEqual(second.utf8)
        case (.array(let first), .array(let second)): first == second
        case (.object(let first), .object(let second)):
            first.elementsEqual(second) { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }

    /// The value of a key, of several the last; nil for null or where this is no object.
    subscript(key: String) -> JSONNode? {
        guard case .object(let members) = self, let found = members.last(where: { $0.key == key })?.value,
            found != .null
        else {
            return nil
        }
        return found
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [JSONNode]? { if case .array(let value) = self { value } else { nil } }

    /// A whole number that fits.
    var integer: Int32? { if case .number(let value) = self { Int32(exactly: value) } else { nil } }
}
