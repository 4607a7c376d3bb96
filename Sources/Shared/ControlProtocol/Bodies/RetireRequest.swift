/// Ends a pipeline.
package struct RetireRequest: Codable, Hashable, Sendable {
    package var reason: String
    /// Also removes its data: what was dropped, its rows, and every text made from them.
    package var erase: Bool
    package init(reason: String, erase: Bool = false) {
        self.reason = reason
        self.erase = erase
    }
}
