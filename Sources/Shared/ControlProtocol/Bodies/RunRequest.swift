import Nouns

/// Asks for a run without waiting for data.
package struct RunRequest: Codable, Hashable, Sendable {
    package var mode: Run.Mode?
    package var reason: String?
    /// The engine that trains it (nil: the pipeline's own).
    package var engine: EngineName?
    package init(mode: Run.Mode? = nil, reason: String? = nil, engine: EngineName? = nil) {
        self.mode = mode
        self.reason = reason
        self.engine = engine
    }
}
