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
    /// Admins.
    case administer

    /// What an endpoint is where it does not say: orders are for admins.
    package static func usual(_ method: ControlMethod) -> EndpointAccess { method == .get ? .read : .administer }

    /// The least that somebody must be.
    package var role: Role {
        switch self {
        case .open: .nobody
        case .read: .reader
        case .use, .own: .user
        case .administer: .admin
        }
    }

    /// What a role may, in a table: `yes`, `own`, or nothing.
    package func cell(_ role: Role) -> String {
        guard role >= self.role else { return "" }
        return self == .own && role == .user ? "own" : "yes"
    }
}
