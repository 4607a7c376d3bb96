/// What somebody may do here; each role may do what those before it may.
package enum Role: String, Codable, CaseIterable, Comparable, Sendable {
    /// May ask whether the daemon is there.
    case nobody
    /// Sees.
    case reader
    /// Also drops, uploads, trains and asks, and changes what is his own.
    case user
    /// May do everything.
    case admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .nobody: 0
        case .reader: 1
        case .user: 2
        case .admin: 3
        }
    }
}
