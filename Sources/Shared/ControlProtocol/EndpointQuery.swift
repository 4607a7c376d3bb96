import Nouns

/// The query of an endpoint: a value type with a property for each parameter, and a table that says how it is written.
package protocol EndpointQuery: Hashable, Sendable {
    /// The query of a request that gives no parameter.
    init()
    /// Its parameters in the order in which they are documented.
    static var parameters: [QueryParameter<Self>] { get }
    /// Takes a parameter whose name has a part of the caller's own, such as `metadata[team]`; false where it does not.
    mutating func take(_ name: String, _ value: String) -> Bool
}

extension EndpointQuery {
    package mutating func take(_ name: String, _ value: String) -> Bool { false }
}

/// The query of an endpoint without parameters.
package struct NoQuery: EndpointQuery {
    package static let parameters: [QueryParameter<NoQuery>] = []
    package init() {}
}

extension EndpointQuery {
    /// What of it differs from the defaults, as it is written into a URL.
    package var items: [String: String] {
        let usual = Self()
        var items: [String: String] = [:]
        for parameter in Self.parameters {
            if let text = parameter.write(self), text != parameter.write(usual) || parameter.description.isRequired {
                items[parameter.description.name] = text
            }
        }
        return items
    }

    /// Reads the parameters of a request.
    ///
    /// Throws a Failure that names the parameter, its value and what is allowed: `request.parameter` for one that there
    /// is not, that is missing or given twice, and `request.<parameter>` for a value that it cannot have.
    /// - Parameters:
    ///   - allowed: parameters that somebody else has read already.
    ///   - takesUnknown: whether parameters that there are not are passed over.
    package init(_ given: [(name: String, value: String)], allowed: [String] = [], takesUnknown: Bool = false) throws {
        self.init()
        var seen: Set<String> = []
        for (name, value) in given where !allowed.contains(name) {
            guard let parameter = Self.parameters.first(where: { $0.description.name == name }) else {
                if take(name, value) || takesUnknown { continue }
                throw QueryFault.unknown(name, known: Self.parameters.map(\.description.name) + allowed)
            }
            guard seen.insert(name).inserted else { throw QueryFault.twice(name) }
            guard parameter.read(&self, value) else {
                throw QueryFault.value(name, value, allowed: parameter.description.values)
            }
        }
        for parameter in Self.parameters where parameter.description.isRequired {
            guard seen.contains(parameter.description.name) else {
                throw QueryFault.missing(parameter.description.name)
            }
        }
    }
}

/// What can be wrong with the query of a request.
package enum QueryFault {
    static func unknown(_ name: String, known: [String]) -> Failure {
        let remedy =
            known.isEmpty
            ? "Leave it out: this request takes no parameter." : "Use one of: \(known.joined(separator: ", "))."
        return Failure(code: "request.parameter", "There is no parameter '\(name)' here.", at: name, remedy: remedy)
    }

    static func missing(_ name: String) -> Failure {
        Failure(
            code: "request.parameter", "The parameter '\(name)' is missing.", at: name, remedy: "Give \(name)=….")
    }

    package static func twice(_ name: String) -> Failure {
        Failure(
            code: "request.parameter", "The parameter '\(name)' is given twice.", at: name, remedy: "Give it once.")
    }

    package static func value(_ name: String, _ value: String, allowed: QueryValues) -> Failure {
        Failure(
            code: "request.\(name)", "'\(value)' is not a value of the parameter '\(name)'.", at: name,
            remedy: allowed.remedy)
    }
}
