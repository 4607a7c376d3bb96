import Foundation

/// When and why a completion went; all that is known of it then.
struct Grave: Codable, Hashable, Sendable {
    enum Reason: String, Codable, Hashable, Sendable { case deleted, expired }

    var why: Reason
    var at: Date
}
