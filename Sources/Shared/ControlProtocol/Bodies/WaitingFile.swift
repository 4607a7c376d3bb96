import Foundation

/// A file or folder that lies in a drop folder and is not taken yet.
package struct WaitingFile: Codable, Hashable, Sendable {
    package var name: String
    /// When it was first seen to wait.
    package var since: Date
    /// Why, as the end of a sentence: `a program has it open for writing`.
    package var reason: String
    package init(name: String, since: Date, reason: String) {
        self.name = name
        self.since = since
        self.reason = reason
    }
}
