import Nouns

/// Which jobs are wanted.
package struct JobQuery: EndpointQuery {
    /// What the metadata of a job is asked for.
    package enum Metadata: Hashable, Sendable {
        /// These keys with these texts.
        case all([String: String])
        /// None at all.
        case none

        /// Whether a job's metadata is what is asked for.
        package func fits(_ metadata: [String: String]?) -> Bool {
            switch self {
            case .all(let wanted): wanted.allSatisfy { metadata?[$0] == $1 }
            case .none: metadata?.isEmpty ?? true
            }
        }
    }

    /// Most of a page.
    package static let most = 100

    package var after: JobID?
    package var limit = 20
    package var metadata = Metadata.all([:])
    package init() {}
    package static let parameters: [QueryParameter<JobQuery>] = [
        QueryParameter("after", \.after, "Begins behind the job with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: 20, "At most so many; a page has never more than 100."),
        QueryParameter(
            "metadata", \.wanted,
            "Only jobs without metadata (`null`), or with this text under a key (`metadata[KEY]=TEXT`)."),
    ]

    /// As it is written where no key is named.
    private var wanted: NoMetadata? {
        get { metadata == .none ? NoMetadata.null : nil }
        set { metadata = newValue == nil ? .all([:]) : .none }
    }
    private enum NoMetadata: String, QueryValue, CaseIterable { case null }

    package mutating func take(_ name: String, _ value: String) -> Bool {
        guard name.hasPrefix("metadata["), name.hasSuffix("]") else { return false }
        if case .all(var wanted) = metadata {
            wanted[String(name.dropFirst("metadata[".count).dropLast())] = value
            metadata = .all(wanted)
        }
        return true
    }
}
