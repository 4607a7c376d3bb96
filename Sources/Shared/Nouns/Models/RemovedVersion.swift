import Foundation

/// When and why the files of a version were removed.
package struct RemovedVersion: Codable, Hashable, Sendable {
    package var at: Date
    package var reason: String
    package init(at: Date, reason: String) {
        self.at = at
        self.reason = reason
    }
}
