/// Who may ask an endpoint.
package enum EndpointAccess: String, CaseIterable, Sendable {
    /// Everybody.
    case open
    /// Readers, users and admins.
    case read
    /// Users and admins.
    case use
    /// Users where what the path or the body names is their own, and admins.
    case own
    /// Users where their jobs made the pipeline, whosever job it is that the path names, and admins.
    case ownPipeline
    /// Admins.
    case administer

    /// What an endpoint is where it does not say: orders are for admins.
    package static func usual(_ method: ControlMethod) -> EndpointAccess { method == .get ? .read : .administer }

    /// The least that somebody must be.
    package var role: Role {
        switch self {
        case .open: .nobody
        case .read: .reader
        case .use, .own, .ownPipeline: .user
        case .administer: .admin
        }
    }

    /// What a role may, in a table: `yes`, `own`, or nothing.
    package func cell(_ role: Role) -> String {
        guard role >= self.role else { return "" }
        guard role == .user else { return "yes" }
        return
            switch self
        {
        case .own: "own"
        case .ownPipeline: "own pipeline"
        default: "yes"
        }
    }
}
