import Nouns
import TOMLKit

extension JSONValue {
    /// A TOML value as JSON; nil for a date. What is nested deeper than twenty levels is left out.
    init?(_ value: any TOMLValueConvertible) { self.init(value, depth: 0) }

    private init?(_ value: any TOMLValueConvertible, depth: Int) {
        guard depth < 20 else { return nil }
        if let text = value.string {
            self = .string(text)
        } else if let flag = value.bool {
            self = .bool(flag)
        } else if let number = value.int {
            self = .integer(Int64(number))
        } else if let number = value.double {
            self = .number(number)
        } else if let list = value.array {
            self = .array(list.compactMap { JSONValue($0, depth: depth + 1) })
        } else if let table = value.table {
            var members: [String: JSONValue] = [:]
            for key in table.keys { if let inner = table[key] { members[key] = JSONValue(inner, depth: depth + 1) } }
            self = .object(members)
        } else {
            return nil
        }
    }
}
