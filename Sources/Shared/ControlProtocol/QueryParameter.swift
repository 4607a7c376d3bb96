import Foundation

/// One parameter of a query: its name, what it can be, and which property it is.
package struct QueryParameter<Query: Sendable>: Sendable {
    package let description: ParameterDescription
    /// Puts a value into the query; false where the parameter cannot have it.
    let read: @Sendable (inout Query, String) -> Bool
    /// The property as it is written into a URL; nil where there is nothing to write.
    let write: @Sendable (Query) -> String?

    /// A parameter that may be left out.
    package init<Value: QueryValue>(
        _ name: String, _ property: any WritableKeyPath<Query, Value?> & Sendable, _ about: String
    ) {
        description = ParameterDescription(name: name, values: Value.queryValues, isRequired: false, about: about)
        read = { query, text in
            guard let value = Value(queryText: text) else { return false }
            query[keyPath: property] = value
            return true
        }
        write = { $0[keyPath: property]?.queryText }
    }

    /// A parameter with a default, or one that must be given.
    package init<Value: QueryValue>(
        _ name: String, _ property: any WritableKeyPath<Query, Value> & Sendable, isRequired: Bool = false,
        _ about: String
    ) {
        description = ParameterDescription(
            name: name, values: Value.queryValues, isRequired: isRequired, about: about)
        read = { query, text in
            guard let value = Value(queryText: text) else { return false }
            query[keyPath: property] = value
            return true
        }
        write = { $0[keyPath: property].queryText }
    }

    /// A number within a range.
    package init(
        _ name: String, _ property: any WritableKeyPath<Query, Int> & Sendable, in range: ClosedRange<Int>,
        default usual: Int, _ about: String
    ) {
        description = ParameterDescription(
            name: name, values: .number(range, default: usual), isRequired: false, about: about)
        read = { query, text in
            guard let value = Int(text), range.contains(value) else { return false }
            query[keyPath: property] = value
            return true
        }
        write = { String($0[keyPath: property]) }
    }
}

/// A parameter without its query's type, for the documentation.
package struct ParameterDescription: Hashable, Sendable {
    package let name: String
    package let values: QueryValues
    package let isRequired: Bool
    /// What it does, in one sentence.
    package let about: String
}
