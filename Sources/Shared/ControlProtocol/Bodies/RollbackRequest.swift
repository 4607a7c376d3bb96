import Nouns

/// Asks for an earlier version to be served again.
package struct RollbackRequest: Codable, Hashable, Sendable {
    /// nil: the one before the present.
    package var version: VersionID?
    package var reason: String
    package init(version: VersionID? = nil, reason: String) {
        self.version = version
        self.reason = reason
    }
}
