import Nouns

/// Asks for a run without waiting for data.
package struct RunRequest: Codable, Hashable, Sendable {
    package var mode: Run.Mode?
    package var reason: String?
    package init(mode: Run.Mode? = nil, reason: String? = nil) {
        self.mode = mode
        self.reason = reason
    }
}
