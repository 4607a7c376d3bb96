/// Asks for a run's model to be served.
package struct PromoteRequest: Codable, Hashable, Sendable {
    package var reason: String
    /// Overrides a verdict that is not `pass`; on the record for ever.
    package var force: Bool
    package init(reason: String, force: Bool = false) {
        self.reason = reason
        self.force = force
    }
}
