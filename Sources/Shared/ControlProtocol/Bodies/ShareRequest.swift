/// Lets a user use a pipeline that jobs made.
package struct ShareRequest: Codable, Hashable, Sendable {
    package var user: String
    /// Whether it is shared from now on, or no more.
    package var shared: Bool
    package init(user: String, shared: Bool = true) {
        self.user = user
        self.shared = shared
    }
}
