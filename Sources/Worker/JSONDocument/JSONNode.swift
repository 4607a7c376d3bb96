/// A JSON value as read from a model's files.
package enum JSONNode: Hashable, Sendable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([JSONNode])
    case object([String: JSONNode])

    /// The member `key` of an object; nil for a missing member, for null and for anything but an object.
    package subscript(key: String) -> JSONNode? {
        guard case .object(let members) = self, let value = members[key], value != .null else { return nil }
        return value
    }

    /// The value as a whole number, where it is one.
    package var integer: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value as a number, whole or not.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The value as text, where it is text.
    package var string: String? { if case .text(let value) = self { value } else { nil } }
    /// The value as a flag, where it is one.
    package var bool: Bool? { if case .flag(let value) = self { value } else { nil } }
    /// The value's elements, where it is a list.
    package var list: [JSONNode]? { if case .list(let value) = self { value } else { nil } }
    /// The value's members, where it is an object.
    package var members: [String: JSONNode]? { if case .object(let value) = self { value } else { nil } }
}
